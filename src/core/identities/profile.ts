import type { FactorType } from '../pools/ruleset.ts';
import type { Channel } from '../traits/ports.ts';
import type { AttributeHolder } from './attributes.ts';

/** A factor as the sealed profile keeps it. A linked factor has no value of its own: the attribute is it. */
export interface StoredFactor {
  readonly type: FactorType;
  readonly value?: string;
  /** Made anew each time the value changes. */
  readonly vid: string;
}

/** A factor as callers see it, secrets left out. */
export interface FactorView {
  readonly name: string;
  readonly type: FactorType;
  readonly value: string | null;
  readonly identifier: boolean;
  readonly persistent: boolean;
  readonly nid: string;
  readonly vid: string;
}

/** What a record that is closed goes on showing, whatever its ruleset becomes (contract pools 6). */
export interface FrozenView {
  readonly title: string | null;
  readonly claims: { readonly [name: string]: string };
  readonly factors: readonly FactorView[];
}

/** The sealed section `profile` of an identity. Personal data: never logged, never in an error. */
export interface Profile extends AttributeHolder {
  readonly format: 1;
  readonly factors: { readonly [name: string]: StoredFactor };
  /** Claims filled by sign-in providers; those that factors feed are derived. */
  readonly claims: { readonly [name: string]: string };
  /** The pools surface's own map. */
  readonly metadata: { readonly [key: string]: string };
  readonly tags?: readonly string[];
  /** By the name of their definition; see the type of the identity. */
  readonly customFields?: { readonly [name: string]: unknown };
  readonly latestResult?: LatestResult;
  readonly frozen?: FrozenView;
  /** What the kyc surface alone knows. */
  readonly kyc?: KycProfile;
  /** What the iam surface alone knows. */
  readonly iam?: IamProfile;
  /** What the identify surface alone knows. */
  readonly identify?: IdentifyProfile;
  /** Of addresses that traits amount to: those of which there is more to say than that. */
  readonly addresses?: readonly StoredAddress[];
}

export interface IamProfile {
  /** Any JSON but null. */
  readonly metadataPublic?: unknown;
  /** Any JSON but null: for the administrators only. */
  readonly metadataAdmin?: unknown;
  /** The caller's own key, unique in the pool. */
  readonly externalId?: string;
  readonly organizationId?: string;
}

/** What makes an identity a user of a project. Times are Unix seconds. */
export interface IdentifyProfile {
  /** Who it is elsewhere; whoever has a password here needs none. */
  readonly accounts?: readonly {
    readonly provider: string;
    readonly issuer: string;
    readonly subject: string;
    readonly externalId: string;
  }[];
  /** Devices that were named before anybody logged in on them. */
  readonly devices?: readonly { readonly id: string; readonly since: number }[];
  /** By their names, `custom:…`. */
  readonly attributes?: { readonly [name: string]: string };
  readonly appProfile?: { readonly [name: string]: unknown };
  readonly updatedAt?: number;
  /** As a provider outside says: two letters. */
  readonly countryCode?: string;
  readonly ageVerified?: boolean;
}

/** Times are ISO 8601 texts. */
export interface StoredAddress {
  readonly via: Channel;
  /** Normalised. */
  readonly value: string;
  /** Absent: as old as the record. */
  readonly createdAt?: string;
  /** Absent: unchanged since then. */
  readonly updatedAt?: string;
  readonly verified?: boolean;
  readonly status?: 'pending' | 'sent' | 'completed';
  readonly verifiedAt?: string;
}

export interface KycProfile {
  /** Whether the phone takes text messages. */
  readonly phoneSms?: boolean;
}

/** What the latest verification found (contract verification 5.2). */
export interface LatestResult {
  readonly faceMatchPassed: boolean | null;
  readonly ageCheckPassed: boolean | null;
  /** Whole years at the time of the verification. */
  readonly extractedAge: number | null;
  readonly rejectionReason: string | null;
  readonly document?: {
    readonly type?: string;
    /** YYYY-MM-DD. */
    readonly expirationDate?: string;
    readonly issuingState?: string;
  };
}

export const EMPTY_PROFILE: Profile = {
  format: 1,
  attributes: {},
  traits: {},
  factors: {},
  claims: {},
  metadata: {},
};

/** One end-user interaction, frozen (contract pools 5). Unknown facts are absent. */
export interface Snapshot {
  /** Unix seconds. */
  readonly at: number;
  readonly remoteIp?: string;
  readonly userAgent?: string;
  readonly asn?: number;
  readonly countryCode?: string;
  readonly regionCode?: string;
  readonly city?: string;
  readonly latLong?: readonly [number, number];
  readonly timezone?: string;
  readonly ja4Fingerprint?: string;
}

/** A device as its client names it. Times are Unix seconds. */
export interface KnownDevice {
  readonly id: string;
  /** Since when it is this identity's. */
  readonly signUp: number;
  readonly lastLogin?: number;
  /** When a signature was last made for it (contract identify 3.2). */
  readonly signedAt?: number;
  readonly usedAt: number;
}

/** The sealed section `seen`. */
export interface Seen {
  readonly first: Snapshot;
  readonly last: Snapshot;
  /** Unix seconds of logins on any surface (R6), oldest first; the latest ones only. */
  readonly logins?: readonly number[];
  /** Oldest first; those that were used lately only. */
  readonly devices?: readonly KnownDevice[];
}
