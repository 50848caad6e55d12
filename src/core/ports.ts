import type { IdGenerator, Uuid } from '../kit/ids.ts';
import type { Grant } from './grants.ts';

type Brand<Name extends string> = Uuid & { readonly [K in `is${Name}`]: true };
export type AccountId = Brand<'Account'>;
export type DomainId = Brand<'Domain'>;
export type PoolId = Brand<'Pool'>;
export type RulesetId = Brand<'Ruleset'>;
export type IdentityId = Brand<'Identity'>;
export type KeyId = Brand<'Key'>;

export type Environment = 'live' | 'sandbox';
export const ENVIRONMENTS: readonly Environment[] = ['live', 'sandbox'];

/** Every reading of time goes through here, so that tests can move it. */
export interface Clock {
  now(): Date;
}

export type Ids = IdGenerator;

/**
 * - `secret`: for servers; may do what its grants say.
 * - `publishable`: stands in pages and apps, where everybody can read it, and so can do next to nothing.
 */
export type KeyKind = 'secret' | 'publishable';

/** How keys of JSON objects are spelled, where a surface lets its callers choose. */
export type KeyInflection = 'snake' | 'camel' | 'kebab';

/** Who is calling. Comes from the verified credential only, never from the request's own words. */
export interface Principal {
  readonly keyId: KeyId;
  readonly poolId: PoolId;
  readonly accountId: AccountId;
  /** The account's 30-bit partition (contract pools 1.2). */
  readonly partition: number;
  readonly environment: Environment;
  readonly grants: ReadonlySet<Grant>;
  readonly kind: KeyKind;
  /** `YYYY-MM-DD`, what the key is pinned to where a surface has versions; null: the current one. */
  readonly apiVersion: string | null;
  /** What the caller gets who does not ask for a spelling. */
  readonly keyInflection: KeyInflection;
  /** May make one identity, in its own pool, and no second. */
  readonly isSingleIdentity: boolean;
}

/** Where a request came from and what it called. Personal data: for sealed records, never for a log. */
export interface RequestOrigin {
  /** Normalised: dotted for IPv4, RFC 5952 for IPv6. */
  readonly address: string;
  /** As sent: `HEAD` where a GET route answers it. */
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Whom the caller says that it asks for, in the caller's words; where a key acts for several people. */
  readonly actor?: string;
}

/** What a use case knows of the request it serves; principal and request id go to the audit entry. */
export interface RequestContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly origin: RequestOrigin;
}

/**
 * For whom a record changes, as far as its audit entry tells. Every `RequestContext` is one; where no request asks, as in
 * a job, the installation itself acts, with null for everything but the pool.
 */
export interface ActingContext {
  readonly principal: {
    readonly poolId: PoolId;
    readonly keyId: KeyId | null;
    /** As in `Principal`; default false. */
    readonly isSingleIdentity?: boolean;
  };
  readonly requestId: string | null;
  readonly origin: RequestOrigin | null;
}

// ---------------------------------------------------------------------------------------------------------
// The vault (DESIGN 5)

/** Wraps pool keys under a root key that this process may never see. */
export interface KeyManagementService {
  /** Names the key that `wrap` uses now. Stored beside what it wrapped. */
  currentKeyId(): Promise<string>;
  /** @param context Bound to the wrapped key as associated data. */
  wrap(plaintext: Uint8Array, context: string): Promise<{ keyId: string; wrapped: Buffer }>;
  /**
   * @throws RootKeyMismatch The key id is not one that this service holds; the message names it.
   * @throws SealBroken The key id is known but the bytes do not open under it.
   * @throws Unavailable The service does not answer.
   */
  unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Buffer>;
}

/** A pool key as stored. `purpose` `seal` wraps identity keys, `index` keys the blind indexes. */
export interface StoredPoolKey {
  readonly poolId: PoolId;
  readonly purpose: 'seal' | 'index';
  readonly version: number;
  readonly rootKeyId: string;
  readonly wrapped: Buffer;
}

export interface PoolKeyStore {
  /**
   * A pool's keys, and its configuration version at the same moment: who has read a higher one knows that these keys
   * may be older. Of a pool that does not exist: none, and version 0.
   */
  listPoolKeys(poolId: PoolId): Promise<{ keys: StoredPoolKey[]; configVersion: number }>;
}

/** Keys and indexes of pools. A pool's opened keys are immutable and may be kept in memory. */
export interface Vault {
  /** Fresh keys for a new pool: one `seal` and one `index` key, version 1, for the caller to store. */
  createPoolKeys(poolId: PoolId): Promise<StoredPoolKey[]>;
  /** A fresh `seal` key of the given version, for the caller to store. @throws Unavailable */
  createSealKey(poolId: PoolId, version: number): Promise<StoredPoolKey>;
  /** The same pool key under the root key of now. @throws RootKeyMismatch @throws SealBroken @throws Unavailable */
  rewrapPoolKey(key: StoredPoolKey): Promise<StoredPoolKey>;
  /** Names the root key that pool keys are wrapped under from now on. @throws Unavailable */
  currentRootKeyId(): Promise<string>;
  /**
   * The opened keys of a pool; a synchronous answer once they are loaded would save nothing measurable.
   *
   * @param atLeast The pool's configuration version as it was read with a row. A new key version raises it before
   *   anything is wrapped under that key, so keys as of this version or a later one open the row.
   * @throws RootKeyMismatch @throws SealBroken @throws Unavailable
   */
  pool(poolId: PoolId, atLeast?: number): Promise<PoolVault>;
  /** As `pool`, when that takes no look into the database; else null. For use within a transaction. */
  held(poolId: PoolId, atLeast: number): PoolVault | null;
}

export type TrigramForm = 'stored' | 'contains' | 'prefix';
/** Signed 64-bit numbers, distinct and ascending. Not to be changed. */
export type Trigrams = BigInt64Array;

export interface PoolVault {
  /** A fresh data key for one identity, or another record, with its wrapped form for the table of such keys. */
  createIdentityKey(identityId: Uuid): { key: DataKey; wrapped: Buffer };
  /** @throws SealBroken Wrong pool, wrong record, changed bytes, or a pool key version that is not loaded. */
  openIdentityKey(identityId: Uuid, wrapped: Uint8Array): DataKey;
  /**
   * The same data key, wrapped under the pool's newest key.
   * @returns Null when it is under that one already. @throws SealBroken As `openIdentityKey`.
   */
  rewrapIdentityKey(recordId: Uuid, wrapped: Uint8Array): Buffer | null;
  /** HMAC-SHA-256 over space and normalised value, length-prefixed: 32 bytes. Equality look-ups and uniqueness. */
  digest(space: string, normalised: string): Buffer;
  /**
   * Keyed trigrams of a normalised value: they find candidates, to be opened and compared.
   * `stored` marks the start of the value and is what an index keeps; `prefix` finds values that start with the text,
   * `contains` those that hold it anywhere.
   */
  trigrams(space: string, normalised: string, form?: TrigramForm): Trigrams;
  /** Seals small things that belong to the pool and not to an identity (no personal data), bound to `section`. */
  seal(section: string, plaintext: Uint8Array): Buffer;
  open(section: string, sealed: Uint8Array): Buffer;
}

/** One identity's data key. Sections are bound as associated data with pool, identity and format version. */
export interface DataKey {
  seal(section: string, plaintext: Uint8Array): Buffer;
  /** @throws SealBroken */
  open(section: string, sealed: Uint8Array): Buffer;
}

// ---------------------------------------------------------------------------------------------------------
// API keys

export interface ApiKey {
  readonly id: KeyId;
  readonly poolId: PoolId;
  readonly accountId: AccountId;
  readonly partition: number;
  readonly environment: Environment;
  readonly kind: KeyKind;
  readonly label: string;
  /** For people; up to 500 characters. */
  readonly note: string | null;
  readonly grants: readonly Grant[];
  /** CIDR ranges; null: any address. */
  readonly allowedAddresses: readonly string[] | null;
  readonly requestsPerMinute: number;
  /** As in `Principal`. */
  readonly apiVersion: string | null;
  readonly keyInflection: KeyInflection;
  readonly isSingleIdentity: boolean;
  /** Whose active sessions are its credential; null: a secret is. */
  readonly identityId: IdentityId | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface StoredApiKey extends ApiKey {
  /** SHA-256 over key id and secret; the secret itself is never stored. Null: the key of an identity, which has none. */
  readonly secretHash: Buffer | null;
}

/** The audit entry and event that go with a change of a key (R7). */
export interface KeyStamp {
  readonly at: Date;
  readonly auditId: string;
  readonly eventId: string;
  readonly keyId: string | null;
  readonly requestId: string | null;
  readonly poolId: PoolId;
}

export interface ApiKeyStore {
  findApiKey(id: KeyId): Promise<StoredApiKey | null>;
  listApiKeys(): Promise<(ApiKey & { lastUsedAt: Date | null })[]>;
  /** Whatever its state, but not revoked: an identity has at most one such key. */
  findKeyOfIdentity(poolId: PoolId, identityId: IdentityId): Promise<StoredApiKey | null>;
  /** @returns False, and nothing is written: its identity has a key that is not revoked. */
  insertApiKey(key: StoredApiKey, stamp: KeyStamp): Promise<boolean>;
  /** Revoking twice keeps the first time. */
  markApiKey(id: KeyId, change: 'revoke' | 'suspend' | 'resume', stamp: KeyStamp): Promise<void>;
  /** One statement per pool for all uses gathered since the last call. */
  recordKeyUses(uses: readonly { poolId: PoolId; keyId: KeyId; at: Date }[]): Promise<void>;
}

/** Feeds in-process rate counters (DESIGN 7). */
export interface RateLeaseStore {
  /**
   * Takes up to `want` requests of the key's window from what all processes together may still use.
   * @returns `granted`: how many were, 0 when the window is used up. `used`: what all processes have leased of
   *   this window, this lease included.
   */
  leaseRequests(input: {
    poolId: PoolId;
    keyId: KeyId;
    windowStart: Date;
    want: number;
    limit: number;
  }): Promise<{ readonly granted: number; readonly used: number }>;
}

// ---------------------------------------------------------------------------------------------------------
// Place of an address

/** Where an address is, as far as the data at hand tells; unknown facts are absent. */
export interface Place {
  readonly asn?: number;
  readonly countryCode?: string;
  readonly regionCode?: string;
  readonly city?: string;
  readonly latLong?: readonly [number, number];
  readonly timezone?: string;
}

export interface PlaceFinder {
  /** Never throws and never leaves the machine: private, reserved and unknown addresses give `{}`. */
  findPlace(address: string): Place;
}
