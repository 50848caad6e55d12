import type { IdentityId, PoolId } from '../ports.ts';

export interface MergeStore {
  /** Holds identities against changes until the transaction ends, in the order of their ids. */
  lockIdentities(poolId: PoolId, ids: readonly IdentityId[]): Promise<void>;
  /**
   * Links sessions of the one identities to the other. Raises each session's version: whoever is about to change one
   * reads it again.
   */
  moveSessions(poolId: PoolId, from: readonly IdentityId[], to: IdentityId): Promise<void>;
  /** Refresh tokens of providers, without the tokens themselves: a logout of the other ends these, too, as far as here. */
  moveOutsideLogins(poolId: PoolId, from: readonly IdentityId[], to: IdentityId): Promise<void>;
}
