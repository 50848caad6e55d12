import type { IdentityInsert, StoredIdentity, WriteOutcome } from '../identities/ports.ts';
import type { IdentityId, PoolId, Trigrams } from '../ports.ts';

/** Which of the visible identities of a pool a list is about. */
export type IamScope =
  | { readonly kind: 'all' }
  /** Unknown ids are passed over. */
  | { readonly kind: 'ids'; readonly ids: readonly IdentityId[] }
  /** Whoever has a look-up key, as `organizationKeys` gives them. */
  | { readonly kind: 'key'; readonly key: string };

export interface IamRows {
  /** Only ids above this one; null: from the first. */
  readonly after: IdentityId | null;
  readonly offset: number;
  readonly limit: number;
}

/** Keyed trigrams of one space, all of which a value must have. */
export interface SpaceGrams {
  readonly space: string;
  readonly grams: Trigrams;
}

/** Identities as the iam surface has them: open and unmerged, in the order of their ids. */
export interface IamIdentityStore {
  /** One round trip. */
  listVisible(poolId: PoolId, scope: IamScope, rows: IamRows): Promise<StoredIdentity[]>;
  /**
   * Ids of identities that have all trigrams of one of the spaces, visible or not, in no order; of more than `max`
   * in a space any `max`.
   */
  listCandidates(
    poolId: PoolId,
    options: { anyOf: readonly SpaceGrams[]; max: number },
  ): Promise<IdentityId[]>;
  /**
   * New identities of one pool and one configuration version, each with everything that `insertIdentity` writes: all
   * of them in one transaction, or none. Neither replies nor two with one claim may be among them.
   */
  insertMany(inserts: readonly IdentityInsert[]): Promise<Exclude<WriteOutcome, 'replied'>>;
}
