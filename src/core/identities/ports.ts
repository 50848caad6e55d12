import type { AuditEvent, IdempotentReply, OffsetQuery, Stamp } from '../pools/ports.ts';
import type { IdentityId, KeyId, PoolId, Trigrams } from '../ports.ts';
import type { LifecycleStatus, Standing } from './standing.ts';

/** An identity's row, sealed, with its wrapped data key and the configuration version at the same moment. */
export interface StoredIdentity {
  readonly poolId: PoolId;
  readonly id: IdentityId;
  readonly status: LifecycleStatus;
  readonly schemaId: string;
  readonly version: number;
  /** Null once erased, and so is the key. */
  readonly profile: Buffer | null;
  readonly seen: Buffer | null;
  /** Null when there are none, too. */
  readonly credentials: Buffer | null;
  readonly lastSeenAt: Date | null;
  readonly wrappedKey: Buffer | null;
  readonly standing: Standing;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly configVersion: number;
}

/** What finds one identity in its space. */
export interface Identifier {
  readonly space: string;
  /** Normalised. */
  readonly value: string;
}

/** A value that must find exactly one identity in its space (R3). */
export interface IdentifierClaim {
  readonly space: string;
  readonly digest: Buffer;
}

/** A text that may be searched by a part of it; null removes it. */
export interface GramChange {
  readonly space: string;
  readonly grams: Trigrams | null;
}

/** An outbox event of a change; it names the same fields as the audit entry. */
export interface Announcement {
  readonly id: string;
  /** Like `identity.updated`. */
  readonly type: string;
}

/** Changes of running totals; see the migration of `tallies`. */
export type TallyDeltas = ReadonlyMap<string, number>;

export interface IdentityInsert {
  readonly poolId: PoolId;
  readonly id: IdentityId;
  readonly schemaId: string;
  readonly profile: Buffer;
  readonly credentials: Buffer | null;
  readonly wrappedKey: Buffer;
  readonly claims: readonly IdentifierClaim[];
  /** As `lookupKey` gives them. */
  readonly searchKeys: readonly string[];
  readonly grams: readonly GramChange[];
  readonly standing: Standing;
  readonly tallies: TallyDeltas;
  readonly configVersion: number;
  readonly stamp: Stamp;
  readonly event: AuditEvent;
  readonly announcements: readonly Announcement[];
  readonly eventData: EventData;
  readonly reply: IdempotentReply | null;
  /** The key that may make this identity and no second, and is used up by it; null: none. */
  readonly limitedKeyId: KeyId | null;
}

export interface IdentityChange {
  readonly poolId: PoolId;
  readonly id: IdentityId;
  /** The version that the change was computed from. */
  readonly version: number;
  readonly status: LifecycleStatus;
  readonly schemaId: string;
  readonly profile: Buffer | null;
  readonly seen: Buffer | null;
  readonly credentials: Buffer | null;
  readonly lastSeenAt: Date | null;
  readonly claimed: readonly IdentifierClaim[];
  /** `all` frees every identifier of the identity but those of the kept spaces. */
  readonly released: readonly IdentifierClaim[] | 'all';
  readonly keptSpaces: readonly string[];
  readonly keysAdded: readonly string[];
  /** `all` also where the record cannot say any more which there are. */
  readonly keysRemoved: readonly string[] | 'all';
  readonly grams: readonly GramChange[];
  readonly standing: Standing;
  /** Destroys the data key, and the replies that were sealed under it. The boxes must be null. */
  readonly erases: boolean;
  readonly tallies: TallyDeltas;
  readonly configVersion: number;
  readonly stamp: Stamp;
  readonly event: AuditEvent;
  readonly announcements: readonly Announcement[];
  readonly eventData: EventData;
  readonly reply: IdempotentReply | null;
}

/** What an event may tell of its identity beside the names of fields: no personal data. */
export interface EventData {
  readonly externalRef: string | null;
  /** Verification's status. */
  readonly status: string;
  /** Of a session: the identity that it counts for. */
  readonly identityId?: IdentityId | null;
  /** Of a verification that raised some: their codes. */
  readonly exceptions?: readonly string[];
  /** Of a verification that opened some (contract kyc 3.10). */
  readonly operations?: readonly { readonly action: string; readonly code: string }[];
}

/**
 * What became of a write: `stale` when the record or the configuration moved on (read again and retry), `taken`
 * when another identity holds one of the claims, `replied` when the idempotency key was used already, `limited` when the
 * API key has made its only identity.
 */
export type WriteOutcome = 'done' | 'stale' | 'taken' | 'replied' | 'limited';

export type IdentitySort = 'id' | 'last_seen' | 'status' | 'title';

export interface IdentityListQuery extends OffsetQuery<Exclude<IdentitySort, 'title'>> {
  readonly status: 'extant' | 'deleted' | null;
}

export interface IdentityTotals {
  readonly extant: number;
  readonly closed: number;
  readonly seenExtant: number;
  readonly seenClosed: number;
}

/** Filters of `search`; what is null or empty does not filter. */
export interface IdentitySearch {
  readonly keys: readonly string[];
  /** Digest of the whole reference, as its claim has it. */
  readonly externalRef: Buffer | null;
  /** A part of the reference, in any case. */
  readonly externalRefPart: { readonly text: string; readonly grams: Trigrams } | null;
  readonly status: string | null;
  readonly country: string | null;
  readonly includesArchived: boolean;
  readonly offset: number;
  readonly limit: number;
  /** Only ids below this one, newest first; or above it, oldest first. */
  readonly below: IdentityId | null;
  readonly above: IdentityId | null;
  readonly countsAll: boolean;
}

export interface IdentityStore {
  /** One round trip. */
  findIdentity(poolId: PoolId, id: IdentityId): Promise<StoredIdentity | null>;
  /** One round trip; the identity that holds a claim. */
  findByClaim(poolId: PoolId, claim: IdentifierClaim): Promise<StoredIdentity | null>;
  /** A scatter over the given pools, for a caller that reaches a whole account. */
  findIdentityPool(poolIds: readonly PoolId[], id: IdentityId): Promise<PoolId | null>;
  /** One statement: record, key, identifiers, totals, audit and outbox, or nothing. */
  insertIdentity(insert: IdentityInsert): Promise<WriteOutcome>;
  /** Likewise, on condition that the version still holds. */
  changeIdentity(change: IdentityChange): Promise<WriteOutcome>;
  /** Whether a key that may make one identity has made it, also where that one is gone. */
  hasMadeIdentity(poolId: PoolId, keyId: KeyId): Promise<boolean>;
  /** Every claim that an identity holds. */
  listClaims(poolId: PoolId, id: IdentityId): Promise<IdentifierClaim[]>;
  /** Which of the claims are held, and by whom. */
  findHolders(
    poolId: PoolId,
    claims: readonly IdentifierClaim[],
  ): Promise<(IdentifierClaim & { identityId: IdentityId })[]>;
  totals(poolId: PoolId): Promise<IdentityTotals>;
  listIdentities(poolId: PoolId, query: IdentityListQuery, totals: IdentityTotals): Promise<StoredIdentity[]>;
  /**
   * Newest first, those that have every key and match every filter; deleted ones never. With the number of all that do,
   * except where `countsAll` is false. `offset` skips, `before` and `after` (ids) bound.
   */
  search(poolId: PoolId, query: IdentitySearch): Promise<{ items: StoredIdentity[]; total: number | null }>;
  /** Ids of other identities that have one of the keys, at most `limit` for each, newest first. */
  findSharers(
    poolId: PoolId,
    input: { id: IdentityId; keys: readonly string[]; limit: number },
  ): Promise<{ key: string; id: IdentityId; since: Date }[]>;
  /** Sum of the running totals of these names, by name. */
  tallies(poolId: PoolId, prefixes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** By id, after the given one: for walks that open every record. */
  walkIdentities(
    poolId: PoolId,
    input: { after: IdentityId | null; limit: number; status: 'extant' | 'deleted' | null },
  ): Promise<StoredIdentity[]>;
  /** Ids of closed identities that last changed before a moment, after the given id. */
  listClosed(
    poolId: PoolId,
    input: { before: Date; after: IdentityId | null; limit: number },
  ): Promise<IdentityId[]>;
  /** Removes those of the identities that are closed, for good. @returns How many. */
  removeClosed(
    poolId: PoolId,
    input: { marks: readonly { id: IdentityId; auditId: string; eventId: string }[]; at: Date },
  ): Promise<number>;
}
