import type { IdentityId, PoolId } from '../ports.ts';

/** The way through the identities of a pool that were there before a provider was switched on. */
export interface CatchUp {
  readonly poolId: PoolId;
  readonly provider: string;
  /** The last identity that was looked at; null: none yet. */
  readonly after: IdentityId | null;
}

export interface CatchUpStore {
  /** A scatter, once a sweep: those that are not at their end. */
  listCatchUps(): Promise<CatchUp[]>;
  /** The next identities that are there, by id, and whether they have a case at the provider. */
  listNext(
    catchUp: CatchUp,
    limit: number,
  ): Promise<{ readonly id: IdentityId; readonly hasCase: boolean }[]>;
  /**
   * Goes on from where it was found.
   * @returns False: somebody else has gone on from there, or the provider is switched off or gone.
   */
  advance(catchUp: CatchUp, to: IdentityId): Promise<boolean>;
  /** Nobody is left. Nothing where somebody else has gone on. */
  finish(catchUp: CatchUp): Promise<void>;
  /**
   * Cases that the provider is to be sent, or was in vain, counted up to `max`; not those that are held back for another
   * reason, as of blocked identities.
   */
  countUnsent(catchUp: CatchUp, input: { now: Date; max: number }): Promise<number>;
}
