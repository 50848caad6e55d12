import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { PoolId, Principal } from '../ports.ts';
import type { PoolConfig, Reach } from './ports.ts';

export function reachOf(principal: Principal): Reach {
  return {
    accountId: principal.accountId,
    poolId: principal.poolId,
    environment: principal.environment,
    wholeAccount: principal.grants.has('account'),
  };
}

/**
 * May this caller know of the pool (R9)? Its own always; another of its account and environment only with the
 * `account` grant.
 */
export function reaches(
  principal: Principal,
  pool: Pick<PoolConfig, 'poolId' | 'accountId' | 'environment'>,
): boolean {
  if (pool.poolId === principal.poolId) return true;
  return (
    principal.grants.has('account') &&
    pool.accountId === principal.accountId &&
    pool.environment === principal.environment
  );
}

/** @throws NotFound Unknown, or not this caller's: both look the same. */
export async function getReachablePool(
  { configs }: Pick<Deps, 'configs'>,
  principal: Principal,
  poolId: PoolId,
): Promise<PoolConfig> {
  const config = await configs.any(poolId);
  if (!reaches(principal, config)) throw new NotFound();
  return config;
}
