import type { AuditEvent, Stamp } from '../pools/ports.ts';
import type { IdentityId, KeyId, KeyKind, PoolId } from '../ports.ts';

/** What was done to one thing of a pool, as stored: who, when, names of changed fields, never a value. */
export interface AuditEntry {
  readonly poolId: PoolId;
  readonly id: string;
  readonly at: Date;
  /** The key that acted; null for the installation itself. */
  readonly key: { readonly id: KeyId; readonly kind: KeyKind } | null;
  /** Like `identity.created`. */
  readonly action: string;
  readonly subjectId: string;
  readonly fields: readonly string[];
  /** Sealed; see `SECTION_ORIGIN`. Null where it is not known. */
  readonly origin: Buffer | null;
  /** The pool's configuration version as of the reading. */
  readonly configVersion: number;
}

/** Whose entries: everything of the pool, one thing of it, or an identity together with its verifications. */
export type AuditScope =
  | { readonly kind: 'pool' }
  | { readonly kind: 'subject'; readonly id: string; readonly resource: string }
  | { readonly kind: 'record'; readonly identityId: IdentityId };

export interface AuditQuery {
  readonly scope: AuditScope;
  /** Null: any. Only within one thing's entries, which an index gives; see the store. */
  readonly actions: readonly string[] | null;
  /** Only entries with ids below this one. */
  readonly before: string | null;
  readonly offset: number;
  readonly limit: number;
  /** No more than this many are counted. */
  readonly countMax: number;
}

export interface AuditStore {
  findEntry(poolId: PoolId, id: string): Promise<AuditEntry | null>;
  /** Newest first. `counted` is at most `countMax`; `hasMore` says whether others follow the page. */
  listEntries(
    poolId: PoolId,
    query: AuditQuery,
  ): Promise<{ items: AuditEntry[]; hasMore: boolean; counted: number }>;
  /** An entry of its own, for what changes nothing and must be known all the same. */
  recordEntry(stamp: Stamp, event: AuditEvent): Promise<void>;
}
