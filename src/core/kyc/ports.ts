import type { IdentityInsert, StoredIdentity, WriteOutcome } from '../identities/ports.ts';
import type { Segment } from '../identities/standing.ts';
import type { IdentityId, PoolId, Trigrams } from '../ports.ts';
import type { VerificationInsert } from '../verification/ports.ts';
import type { KycCase } from './case-ports.ts';
import type { KycType } from './identity-input.ts';
import type { Risk } from './provider.ts';

export type KycSort = 'createdAt' | '-createdAt' | 'updatedAt' | '-updatedAt';

/** Filters of a list; what is null or empty does not filter, an empty list of ids finds nothing. */
export interface KycFilter {
  /** As `lookupKey` gives them; all must be there. */
  readonly keys: readonly string[];
  readonly blocked: boolean | null;
  readonly type: KycType | null;
  readonly ids: readonly string[] | null;
  /** Owners that are not there any more own nothing. */
  readonly owners: readonly string[] | null;
  readonly risk: { readonly isIn: boolean; readonly values: readonly Risk[] } | null;
}

export interface KycWindow {
  /** The first counts most; ties go by id, in its direction. At least one. */
  readonly sorts: readonly KycSort[];
  readonly offset: number;
  readonly limit: number;
}

export interface KycQuery extends KycFilter, KycWindow {}

/** Open and unmerged records of a pool, as the kyc surface lists them. */
export interface KycIdentityStore {
  /** A new identity with the first verification of its only case: one statement, or nothing. */
  insertWithCase(creation: {
    insert: IdentityInsert;
    verification: VerificationInsert;
    kycCase: KycCase;
  }): Promise<WriteOutcome>;
  listKyc(poolId: PoolId, query: KycQuery): Promise<StoredIdentity[]>;
  /** As `listKyc`, of everything in these segments. */
  listSegments(poolId: PoolId, segments: readonly Segment[], window: KycWindow): Promise<StoredIdentity[]>;
  /**
   * The ids of everything that matches and whose e-mail has these keyed trigrams, in order; of more than `max` any `max`.
   * No trigrams: any e-mail there is.
   */
  listCandidates(
    poolId: PoolId,
    filter: KycFilter,
    options: { emailGrams: Trigrams; sorts: readonly KycSort[]; max: number },
  ): Promise<IdentityId[]>;
  /** Counts row by row. */
  countKyc(poolId: PoolId, filter: KycFilter): Promise<number>;
  /** Whether a company that is there has this owner. */
  ownsCompanies(poolId: PoolId, owner: IdentityId): Promise<boolean>;
  /** Until the transaction ends nobody changes this record; others may hold it likewise. */
  holdOwner(poolId: PoolId, owner: IdentityId): Promise<void>;
}
