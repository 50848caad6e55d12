import type { Uuid } from '../../kit/ids.ts';
import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { DataKey, IdentityId, PoolId, PoolKeyStore, PoolVault, StoredPoolKey } from '../ports.ts';

/**
 * - `root`: pool keys come under another root key.
 * - `pool`: a new pool key; data keys come under it.
 * - `data`: a new data key for each identity; what was sealed under the old one comes under it.
 */
export type RotationKind = 'root' | 'pool' | 'data';

/** The latest rotation of one kind of a pool's keys. */
export interface Rotation {
  readonly poolId: PoolId;
  readonly kind: RotationKind;
  /** Of kind `pool`: the version that everything comes under; null until that key is there. */
  readonly target: number | null;
  /** Which table of keys is at work, and the last record of it that is done. */
  readonly step: number;
  readonly cursor: Uuid | null;
  /** Of kind `data`: later records need nothing. Null until the walk has begun. */
  readonly untilId: Uuid | null;
  readonly done: number;
  readonly total: number;
  /** Records that do not open, left as they were. */
  readonly failed: number;
  readonly finishedAt: Date | null;
  readonly leaseUntil: Date | null;
}

/** A claimed rotation. Every write names it, and is refused once another process has taken over. */
export interface Claim {
  readonly poolId: PoolId;
  readonly kind: RotationKind;
  /** This run of this process. */
  readonly runner: Uuid;
}

export type RotationState = Pick<
  Rotation,
  'target' | 'step' | 'cursor' | 'untilId' | 'done' | 'total' | 'failed'
>;

export interface WrappedKey {
  readonly recordId: Uuid;
  readonly wrapped: Buffer;
}

/** What a batch of new data keys is told of one identity, and gives back for it. */
export interface LockedIdentity {
  readonly id: IdentityId;
  readonly profile: Buffer | null;
  readonly seen: Buffer | null;
  readonly credentials: Buffer | null;
  readonly wrapped: Buffer;
}

export type KeyChanges = ReadonlyMap<IdentityId, { readonly from: DataKey; readonly to: DataKey }>;

export interface RotationStore extends PoolKeyStore {
  /** Retried as a whole where the database asks for it. */
  transaction<T>(work: (tx: RotationStore) => Promise<T>): Promise<T>;

  /** Begins a rotation of these pools, all or none; one that is not finished stays as it is. */
  plan(kind: RotationKind, poolIds: readonly PoolId[], at: Date): Promise<void>;
  listUnfinished(kind: RotationKind): Promise<PoolId[]>;
  find(poolId: PoolId, kind: RotationKind): Promise<Rotation | null>;
  /** Takes an unfinished rotation that nobody is at. One statement. */
  claim(claim: Claim, now: Date, leaseUntil: Date): Promise<Rotation | null>;
  /** @returns False when the claim is lost. */
  save(claim: Claim, state: RotationState, leaseUntil: Date): Promise<boolean>;
  /** @returns False when the claim is lost. */
  finish(claim: Claim, at: Date): Promise<boolean>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;

  /** Waits for writers that rely on the present configuration; see OrganisationStore. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  /** @returns False when there is such a version. */
  insertPoolKey(key: StoredPoolKey, at: Date): Promise<boolean>;
  listPoolsUnderOthers(rootKeyId: string): Promise<PoolId[]>;
  listRootKeyIds(): Promise<string[]>;
  replacePoolKey(from: StoredPoolKey, to: StoredPoolKey): Promise<void>;
  /** Only one at a time, over all processes, works with the root key file: holds a row until the end of `work`. */
  withRootKeyFile<T>(work: (tx: RotationStore) => Promise<T>): Promise<T>;

  /** How many tables hold keys that a pool key wraps; `step` counts them. */
  readonly keyTables: number;
  /**
   * Looks at the next `limit` keys of one table, by record id, for those wrapped under a version below.
   * @returns Also the last id that was looked at; null at the end of the table.
   */
  listOlderKeys(
    poolId: PoolId,
    input: { step: number; below: number; after: Uuid | null; limit: number },
  ): Promise<{ keys: WrappedKey[]; last: Uuid | null }>;
  /** Each only if its bytes are still those that were read. */
  replaceWrappedKeys(
    poolId: PoolId,
    step: number,
    changes: readonly { recordId: Uuid; from: Buffer; to: Buffer }[],
  ): Promise<void>;

  /** From the running totals, erased ones too: for progress. */
  countIdentities(poolId: PoolId): Promise<number>;
  /** The last one by id that has a data key. */
  findLastIdentity(poolId: PoolId): Promise<IdentityId | null>;
  /**
   * Identities with a data key, by id, held against other changes of them until the transaction ends; with the
   * configuration version at that moment.
   */
  lockIdentities(
    poolId: PoolId,
    input: { after: Uuid | null; until: Uuid; limit: number },
  ): Promise<{ identities: LockedIdentity[]; configVersion: number }>;
  /** Replaces keys and boxes of identities that are locked, and raises the version of each. */
  replaceDataKeys(poolId: PoolId, identities: readonly LockedIdentity[]): Promise<void>;
  /** Re-seals what else lies under data keys that change: kept replies, and whatever the store lists. */
  resealBoxes(input: { poolId: PoolId; vault: PoolVault; changes: KeyChanges }): Promise<void>;
}
