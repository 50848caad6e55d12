import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { reaches } from '../pools/reach.ts';
import type { IdentityId, PoolId, Principal } from '../ports.ts';
import type { StoredIdentity } from './ports.ts';

const POOLS_MAX = 10_000;
const POOLS_PER_QUERY = 500;
const HINTS_MAX = 50_000;

/** Which pool an identity outside its caller's own pool lives in. It never moves, so a hint is never wrong. */
const hints = new WeakMap<object, Map<IdentityId, PoolId>>();

/**
 * Finds an identity in the caller's reach: in the key's own pool with one look-up; with the `account` grant also
 * in the account's other pools of the same environment, by a bounded scatter once, then by its known pool.
 *
 * @throws NotFound Unknown, or not this caller's: both look the same (R9).
 */
export async function locateIdentity(
  { identities, organisation, configs }: Pick<Deps, 'identities' | 'organisation' | 'configs'>,
  principal: Principal,
  id: IdentityId,
): Promise<StoredIdentity> {
  const known = hints.get(identities) ?? new Map<IdentityId, PoolId>();
  hints.set(identities, known);
  const hinted = known.get(id);
  if (hinted === undefined || hinted === principal.poolId) {
    const own = await identities.findIdentity(principal.poolId, id);
    if (own !== null) return own;
  }
  if (!principal.grants.has('account')) throw new NotFound();
  const poolId = hinted ?? (await scatter({ identities, organisation }, principal, id));
  if (poolId === null || !reaches(principal, await configs.any(poolId))) throw new NotFound();
  const found = await identities.findIdentity(poolId, id);
  if (found === null) throw new NotFound();
  if (known.size >= HINTS_MAX) known.clear();
  known.set(id, poolId);
  return found;
}

async function scatter(
  { identities, organisation }: Pick<Deps, 'identities' | 'organisation'>,
  principal: Principal,
  id: IdentityId,
): Promise<PoolId | null> {
  const pools = await organisation.listPoolIds(principal.accountId, principal.environment, POOLS_MAX);
  const others = pools.filter((poolId) => poolId !== principal.poolId);
  for (let start = 0; start < others.length; start += POOLS_PER_QUERY) {
    const found = await identities.findIdentityPool(others.slice(start, start + POOLS_PER_QUERY), id);
    if (found !== null) return found;
  }
  return null;
}
