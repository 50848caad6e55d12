import type { Deps } from '../deps.ts';
import { organizationKeys } from '../identities/lookups.ts';
import { SEGMENT_TALLIES } from '../identities/standing.ts';
import type { IdentityId, PoolId, PoolVault, Principal } from '../ports.ts';
import { findByIdentifier } from './find-by-identifier.ts';
import { findByPrefix } from './find-by-prefix.ts';
import { openIamRecords } from './open-records.ts';
import { openPageToken, sealPageToken } from './page-token.ts';
import type { IamRows, IamScope } from './ports.ts';
import type { IamRecord } from './record.ts';

export type ListIamNeeds = Pick<Deps, 'configs' | 'iamIdentities' | 'identities' | 'phones' | 'vault'>;

/** What a list is narrowed to; one thing at a time (contract iam 4.1, "List filters"). */
export type IamFilter =
  | { readonly by: 'nothing' }
  | { readonly by: 'ids'; readonly ids: readonly IdentityId[] }
  /** The whole of an identifier, as somebody would type it. */
  | { readonly by: 'identifier'; readonly text: string }
  | { readonly by: 'prefix'; readonly text: string }
  /** In lower case. */
  | { readonly by: 'organization'; readonly id: string };

export type IamWindow =
  /** @param pageToken Null: the first page. */
  | { readonly kind: 'keyset'; readonly pageToken: string | null; readonly size: number }
  /** @param page From 0. */
  | { readonly kind: 'offset'; readonly page: number; readonly size: number };

export interface IamPage {
  readonly items: readonly IamRecord[];
  /** For the page after this one; null on the last, and where pages have numbers. Opaque and sealed. */
  readonly nextPageToken: string | null;
  /** Where pages have numbers: of a whole identifier what it finds, else all identities of the pool. */
  readonly total: number | null;
}

/**
 * A page of the key's pool in the order of ids, so that by page tokens each identity that was there all the while is
 * seen once. Closed and merged records are not there.
 *
 * @throws InvalidInput The page token is none of this pool, at path `page_token`; or a prefix that too many have.
 * @see Contract iam 1.4 and 4.1.
 */
export async function listIamIdentities(
  deps: ListIamNeeds,
  { poolId }: Pick<Principal, 'poolId'>,
  { filter, window }: { filter: IamFilter; window: IamWindow },
): Promise<IamPage> {
  const vault = await deps.vault.pool(poolId);
  const find = finderOf(deps, { poolId, vault }, filter);
  if (window.kind === 'offset') {
    const { page, size } = window;
    const [items, total] = await Promise.all([
      find({ after: null, offset: page * size, limit: size }),
      totalOf(deps, poolId, filter.by === 'identifier' ? find : null),
    ]);
    return { items, nextPageToken: null, total };
  }
  const { pageToken, size } = window;
  const after = pageToken === null ? null : openPageToken(vault, pageToken);
  const found = await find({ after, offset: 0, limit: size + 1 });
  const items = found.slice(0, size);
  const last = items.at(-1);
  const nextPageToken =
    found.length > size && last !== undefined ? sealPageToken(vault, last.stored.id) : null;
  return { items, nextPageToken, total: null };
}

type Find = (rows: IamRows) => Promise<IamRecord[]>;

function finderOf(
  deps: ListIamNeeds,
  { poolId, vault }: { poolId: PoolId; vault: PoolVault },
  filter: IamFilter,
): Find {
  const within =
    (scope: IamScope): Find =>
    async (rows) =>
      openIamRecords(deps, await deps.iamIdentities.listVisible(poolId, scope, rows));
  switch (filter.by) {
    case 'nothing':
      return within({ kind: 'all' });
    case 'ids':
      return within({ kind: 'ids', ids: filter.ids });
    case 'organization':
      return within({ kind: 'key', key: organizationKeys(vault, filter.id)[0] ?? '' });
    case 'prefix':
      return (rows) => findByPrefix(deps, { poolId, vault }, filter.text, rows);
    case 'identifier':
      return (rows) => findByIdentifier(deps, { poolId, vault }, filter.text, rows);
  }
}

/** @param find Null: of everything that is visible, by the running totals. */
async function totalOf(
  { identities }: Pick<Deps, 'identities'>,
  poolId: PoolId,
  find: Find | null,
): Promise<number> {
  if (find !== null) return (await find({ after: null, offset: 0, limit: Number.MAX_SAFE_INTEGER })).length;
  const segments = await identities.tallies(poolId, [SEGMENT_TALLIES]);
  return [...segments.values()].reduce((sum, n) => sum + n, 0);
}
