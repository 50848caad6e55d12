import type { Deps } from '../deps.ts';
import { NotOffered } from '../errors.ts';
import type { OffsetPage, OffsetQuery } from '../pools/ports.ts';
import { getReachablePool } from '../pools/reach.ts';
import type { IdentityId, PoolId, Principal } from '../ports.ts';
import type { IdentitySort, IdentityTotals, StoredIdentity } from './ports.ts';
import { type IdentityView, openIdentity, vaultFor, viewIdentity } from './view.ts';

const WALK_SIZE = 500;

type Needs = Pick<Deps, 'identities' | 'configs' | 'vault' | 'limits'>;

export interface ListIdentitiesInput extends OffsetQuery<IdentitySort> {
  readonly poolId: PoolId;
  readonly status: 'extant' | 'deleted' | null;
}

/**
 * A page of a pool's identities, closed ones included unless filtered. Totals are running counts, so a page costs
 * the same in a large pool; a far offset costs an index scan over what it skips.
 *
 * @throws NotFound @throws NotOffered Sorting by title in a pool of more than `limits.titleSortMax` identities:
 *   titles are sealed and have no order without opening each.
 */
export async function listIdentities(
  deps: Needs,
  principal: Principal,
  input: ListIdentitiesInput,
): Promise<OffsetPage<IdentityView>> {
  await getReachablePool(deps, principal, input.poolId);
  const totals = await deps.identities.totals(input.poolId);
  const total = countOf(totals, input.status);
  if (input.sort === 'title') return { items: await sortByTitle(deps, input, total), total };
  if (input.offset >= total) return { items: [], total };
  const query = { ...input, sort: input.sort };
  const rows = await deps.identities.listIdentities(input.poolId, query, totals);
  return { items: await openAll(deps, input.poolId, rows), total };
}

function countOf(totals: IdentityTotals, status: ListIdentitiesInput['status']): number {
  if (status === 'extant') return totals.extant;
  return status === 'deleted' ? totals.closed : totals.extant + totals.closed;
}

async function openAll(
  deps: Pick<Deps, 'configs' | 'vault'>,
  poolId: PoolId,
  rows: readonly StoredIdentity[],
): Promise<IdentityView[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const config = await deps.configs.at(poolId, first.configVersion);
  const vault = await vaultFor(deps, first);
  return rows.map((stored) => viewIdentity(vault, config, openIdentity(vault, stored)));
}

async function sortByTitle(deps: Needs, input: ListIdentitiesInput, total: number): Promise<IdentityView[]> {
  const max = deps.limits.titleSortMax;
  if (total > max) throw new NotOffered(`Sorting by title is offered for up to ${max} identities.`);
  const views: IdentityView[] = [];
  let after: IdentityId | null = null;
  for (;;) {
    const rows: StoredIdentity[] = await deps.identities.walkIdentities(input.poolId, {
      after,
      limit: WALK_SIZE,
      status: input.status,
    });
    views.push(...(await openAll(deps, input.poolId, rows)));
    after = rows.at(-1)?.id ?? null;
    if (after === null || rows.length < WALK_SIZE) break;
  }
  const sign = input.direction === 'asc' ? 1 : -1;
  const keys = new Map(views.map((view) => [view, view.title ?? view.id]));
  views.sort((a, b) => {
    const [left, right] = [keys.get(a) ?? '', keys.get(b) ?? ''];
    if (left === right) return a.id < b.id ? -1 : 1;
    return left < right ? -sign : sign;
  });
  return views.slice(input.offset, input.offset + input.limit);
}
