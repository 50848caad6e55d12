import type { AuditEvent, IdempotentReply, OffsetQuery, Stamp } from '../pools/ports.ts';
import type { IdentityId, PoolId } from '../ports.ts';

export type LifecycleStatus = 'extant' | 'archived' | 'deleted' | 'erased';

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
  readonly lastSeenAt: Date | null;
  readonly wrappedKey: Buffer | null;
  readonly configVersion: number;
}

/** A value that must find exactly one identity in its space (R3). */
export interface IdentifierClaim {
  readonly space: string;
  readonly digest: Buffer;
}

/** Changes of running totals; see the migration of `tallies`. */
export type TallyDeltas = ReadonlyMap<string, number>;

export interface IdentityInsert {
  readonly poolId: PoolId;
  readonly id: IdentityId;
  readonly schemaId: string;
  readonly profile: Buffer;
  readonly wrappedKey: Buffer;
  readonly claims: readonly IdentifierClaim[];
  readonly tallies: TallyDeltas;
  readonly configVersion: number;
  readonly stamp: Stamp;
  readonly event: AuditEvent;
  readonly reply: IdempotentReply | null;
}

export interface IdentityChange {
  readonly poolId: PoolId;
  readonly id: IdentityId;
  /** The version that the change was computed from. */
  readonly version: number;
  readonly status: LifecycleStatus;
  readonly profile: Buffer | null;
  readonly seen: Buffer | null;
  readonly lastSeenAt: Date | null;
  readonly claimed: readonly IdentifierClaim[];
  /** `all` frees every identifier of the identity. */
  readonly released: readonly IdentifierClaim[] | 'all';
  readonly tallies: TallyDeltas;
  readonly configVersion: number;
  readonly stamp: Stamp;
  readonly event: AuditEvent;
}

/**
 * What became of a write: `stale` when the record or the configuration moved on (read again and retry), `taken`
 * when another identity holds one of the claims, `replied` when the idempotency key was used already.
 */
export type WriteOutcome = 'done' | 'stale' | 'taken' | 'replied';

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

export interface IdentityStore {
  /** One round trip. */
  findIdentity(poolId: PoolId, id: IdentityId): Promise<StoredIdentity | null>;
  /** A scatter over the given pools, for a caller that reaches a whole account. */
  findIdentityPool(poolIds: readonly PoolId[], id: IdentityId): Promise<PoolId | null>;
  /** One statement: record, key, identifiers, totals, audit and outbox, or nothing. */
  insertIdentity(insert: IdentityInsert): Promise<WriteOutcome>;
  /** Likewise, on condition that the version still holds. */
  changeIdentity(change: IdentityChange): Promise<WriteOutcome>;
  /** Which of the claims are held, and by whom. */
  findHolders(
    poolId: PoolId,
    claims: readonly IdentifierClaim[],
  ): Promise<(IdentifierClaim & { identityId: IdentityId })[]>;
  totals(poolId: PoolId): Promise<IdentityTotals>;
  listIdentities(poolId: PoolId, query: IdentityListQuery, totals: IdentityTotals): Promise<StoredIdentity[]>;
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
