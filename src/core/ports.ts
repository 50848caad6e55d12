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

/** Who is calling. Comes from the verified credential only, never from the request's own words. */
export interface Principal {
  readonly keyId: KeyId;
  readonly poolId: PoolId;
  readonly accountId: AccountId;
  /** The account's 30-bit partition (contract pools 1.2). */
  readonly partition: number;
  readonly environment: Environment;
  readonly grants: ReadonlySet<Grant>;
}

/** What a use case knows of the request it serves; both go to the audit entry. */
export interface RequestContext {
  readonly principal: Principal;
  readonly requestId: string;
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
  listPoolKeys(poolId: PoolId): Promise<StoredPoolKey[]>;
}

/** Keys and indexes of pools. A pool's opened keys are immutable and may be kept in memory. */
export interface Vault {
  /** Fresh keys for a new pool: one `seal` and one `index` key, version 1, for the caller to store. */
  createPoolKeys(poolId: PoolId): Promise<StoredPoolKey[]>;
  /**
   * The opened keys of a pool; a synchronous answer once they are loaded would save nothing measurable.
   * @throws RootKeyMismatch @throws SealBroken @throws Unavailable
   */
  pool(poolId: PoolId): Promise<PoolVault>;
}

export type TrigramForm = 'stored' | 'contains' | 'prefix';

export interface PoolVault {
  /** A fresh data key for one identity, with its wrapped form for the identity-keys table. */
  createIdentityKey(identityId: IdentityId): { key: DataKey; wrapped: Buffer };
  /** @throws SealBroken Wrong pool, wrong identity, changed bytes, or a pool key version that is not loaded. */
  openIdentityKey(identityId: IdentityId, wrapped: Uint8Array): DataKey;
  /** HMAC-SHA-256 over space and normalised value, length-prefixed: 32 bytes. Equality look-ups and uniqueness. */
  digest(space: string, normalised: string): Buffer;
  /**
   * Keyed trigrams of a normalised value, 8 bytes each, distinct and sorted: candidates, to be opened and compared.
   * `stored` marks the start of the value and is what an index keeps; `prefix` finds values that start with the text,
   * `contains` those that hold it anywhere.
   */
  trigrams(space: string, normalised: string, form?: TrigramForm): Buffer[];
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
  readonly label: string;
  readonly grants: readonly Grant[];
  /** CIDR ranges; null: any address. */
  readonly allowedAddresses: readonly string[] | null;
  readonly requestsPerMinute: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface StoredApiKey extends ApiKey {
  /** SHA-256 over key id and secret; the secret itself is never stored. */
  readonly secretHash: Buffer;
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
  insertApiKey(key: StoredApiKey, stamp: KeyStamp): Promise<void>;
  /** Revoking twice keeps the first time. */
  markApiKey(id: KeyId, change: 'revoke' | 'suspend' | 'resume', stamp: KeyStamp): Promise<void>;
  /** One statement per pool for all uses gathered since the last call. */
  recordKeyUses(uses: readonly { poolId: PoolId; keyId: KeyId; at: Date }[]): Promise<void>;
}

/** Feeds in-process rate counters (DESIGN 7). */
export interface RateLeaseStore {
  /**
   * Takes up to `want` requests of the key's window from what all processes together may still use.
   * @returns How many were granted, 0 when the window is used up.
   */
  leaseRequests(input: {
    poolId: PoolId;
    keyId: KeyId;
    windowStart: Date;
    want: number;
    limit: number;
  }): Promise<number>;
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
