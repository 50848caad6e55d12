import type {
  IdentifierClaim,
  IdentityListQuery,
  IdentityStore,
  IdentityTotals,
  StoredIdentity,
} from '../../core/identities/ports.ts';
import type { LifecycleStatus, Standing } from '../../core/identities/standing.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import { anyOf, batchReads } from '../read-batches.ts';
import type { Session } from '../session.ts';
import { purgeMethods } from './identity-purge.ts';
import { searchStatements } from './identity-search.ts';
import { segmentsOf } from './identity-segments.ts';
import { changeIdentity, insertIdentity } from './identity-writes.ts';
import { hasMadeIdentity } from './key-identities.ts';

export const COLUMNS = `i.id, i.status, i.schema_id, i.version, i.profile, i.seen, i.credentials, i.last_seen_at, i.standing,
  i.created_at, i.updated_at, k.wrapped, s.config_version`;
export const JOINS = `
  left join identity_keys k on k.pool_id = $1::uuid and k.identity_id = i.id
  join pool_states s on s.pool_id = $1::uuid`;

const FIND = `select ${COLUMNS} from identities i ${JOINS} where i.pool_id = $1::uuid and i.id = ${anyOf('$2::uuid[]')}`;

/**
 * Whose the claim of $2 and $3 is. Not as a join: of a database that is new, and has no statistics yet, the planner may go
 * through all identities and ask for the identifiers of each.
 */
export const CLAIMANT = `(
    select c.identity_id from identifiers c
    where c.pool_id = $1::uuid and c.space = $2::text and c.digest = $3::bytea)`;

const FIND_BY_CLAIM = `select ${COLUMNS} from identities i ${JOINS} where i.pool_id = $1::uuid and i.id = ${CLAIMANT}`;

const FIND_POOL = `/* scatter: an account's other pools, bounded */
  select pool_id from identities where pool_id = any($1::uuid[]) and id = $2::uuid limit 1`;

// For each key the newest others; both rows of a pair say since when they have it, and the later one counts.
const SHARERS = `
  select u.key, o.identity_id, o.created_at
  from unnest($3::uuid[]) as u(key), lateral (
    select k.identity_id, greatest(k.created_at, mine.created_at) as created_at
    from search_keys mine
    join search_keys k on k.pool_id = $1::uuid and k.key = mine.key and k.identity_id <> mine.identity_id
    where mine.pool_id = $1::uuid and mine.identity_id = $2::uuid and mine.key = u.key
    order by k.identity_id desc limit $4::integer) o`;

// Each claim by its own key: a join may be planned as a scan of all identifiers of the pool, and stays planned so.
const HOLDERS = `
  select held.space, held.digest, held.identity_id
  from unnest($2::text[], $3::bytea[]) as u(space, digest), lateral (
    select i.space, i.digest, i.identity_id from identifiers i
    where i.pool_id = $1::uuid and i.space = u.space and i.digest = u.digest limit 1) as held`;

const TOTALS = `
  select name, sum(n)::bigint as n from tallies
  where pool_id = $1::uuid and name = any($2::text[]) group by name`;
const TOTAL_NAMES = ['identities', 'closed', 'seen', 'seen_closed'];

export interface Row {
  id: IdentityId;
  status: LifecycleStatus;
  schema_id: string;
  version: number;
  profile: Buffer | null;
  seen: Buffer | null;
  credentials: Buffer | null;
  last_seen_at: Date | null;
  standing: Standing;
  created_at: Date;
  updated_at: Date;
  wrapped: Buffer | null;
  config_version: number;
}

export function toIdentity(poolId: PoolId, row: Row): StoredIdentity {
  return {
    poolId,
    id: row.id,
    status: row.status,
    schemaId: row.schema_id,
    version: row.version,
    profile: row.profile,
    seen: row.seen,
    credentials: row.credentials,
    lastSeenAt: row.last_seen_at,
    wrappedKey: row.wrapped,
    standing: row.standing,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    configVersion: row.config_version,
  };
}

export function createIdentityStore(session: Session): IdentityStore {
  const listSegment = async (
    poolId: PoolId,
    segment: { where: string; order: string },
    window: { offset: number; limit: number },
  ): Promise<StoredIdentity[]> => {
    // Skipped rows are counted off the index alone; only the page's rows are fetched whole.
    const text = `
      select ${COLUMNS} from (
        select id, last_seen_at from identities where pool_id = $1::uuid ${segment.where}
        order by ${segment.order} offset $2::bigint limit $3::integer) page
      join identities i on i.pool_id = $1::uuid and i.id = page.id ${JOINS}
      order by ${segment.order.replaceAll(/\b(id|last_seen_at)\b/g, 'page.$1')}`;
    const { rows } = await session.query<Row>({ text, parameters: [poolId, window.offset, window.limit] });
    return rows.map((row) => toIdentity(poolId, row));
  };

  return {
    findIdentity: batchReads(
      async (poolId: PoolId, ids: readonly IdentityId[]) => {
        const { rows } = await session.query<Row>({
          text: FIND,
          parameters: [poolId, ids],
          isPointRead: true,
        });
        return rows.map((row) => toIdentity(poolId, row));
      },
      (identity: StoredIdentity) => identity.id,
    ),

    async findByClaim(poolId, { space, digest }) {
      const { rows } = await session.query<Row>({ text: FIND_BY_CLAIM, parameters: [poolId, space, digest] });
      return rows[0] === undefined ? null : toIdentity(poolId, rows[0]);
    },

    async search(poolId, query) {
      const { page, count } = searchStatements(poolId, query, COLUMNS, JOINS);
      const [{ rows }, counted] = await Promise.all([
        session.query<Row>(page),
        count === null ? null : session.query<{ n: number }>(count),
      ]);
      const items = rows.map((row) => toIdentity(poolId, row));
      return { items, total: counted === null ? null : Number(counted.rows[0]?.n ?? 0) };
    },

    async findSharers(poolId, { id, keys, limit }) {
      const { rows } = await session.query<{ key: string; identity_id: IdentityId; created_at: Date }>({
        text: SHARERS,
        parameters: [poolId, id, keys, limit],
      });
      return rows.map((row) => ({ key: row.key, id: row.identity_id, since: row.created_at }));
    },

    async tallies(poolId, prefixes) {
      const { rows } = await session.query<{ name: string; n: number }>({
        text: `select name, sum(n)::bigint as n from tallies
               where pool_id = $1::uuid and exists (
                 select 1 from unnest($2::text[]) as u(prefix) where starts_with(name, u.prefix))
               group by name`,
        parameters: [poolId, prefixes],
      });
      return new Map(rows.map(({ name, n }) => [name, Number(n)]));
    },

    async findIdentityPool(poolIds, id) {
      const { rows } = await session.query<{ pool_id: PoolId }>({
        text: FIND_POOL,
        parameters: [poolIds, id],
      });
      return rows[0]?.pool_id ?? null;
    },

    ...purgeMethods(session),
    insertIdentity: (insert) => insertIdentity(session, insert),
    changeIdentity: (change) => changeIdentity(session, change),
    hasMadeIdentity: (poolId, keyId) => hasMadeIdentity(session, poolId, keyId),

    async listClaims(poolId, id) {
      const { rows } = await session.query<IdentifierClaim>({
        text: 'select space, digest from identifiers where pool_id = $1::uuid and identity_id = $2::uuid',
        parameters: [poolId, id],
      });
      return rows;
    },

    async findHolders(poolId, claims: readonly IdentifierClaim[]) {
      const parameters = [poolId, claims.map((claim) => claim.space), claims.map((claim) => claim.digest)];
      const { rows } = await session.query<{ space: string; digest: Buffer; identity_id: IdentityId }>({
        text: HOLDERS,
        parameters,
      });
      return rows.map(({ space, digest, identity_id: identityId }) => ({ space, digest, identityId }));
    },

    async totals(poolId): Promise<IdentityTotals> {
      const { rows } = await session.query<{ name: string; n: number }>({
        text: TOTALS,
        parameters: [poolId, TOTAL_NAMES],
      });
      const count = (name: string) => rows.find((row) => row.name === name)?.n ?? 0;
      const [identities, closed, seen, seenClosed] = TOTAL_NAMES.map(count);
      return {
        extant: (identities ?? 0) - (closed ?? 0),
        closed: closed ?? 0,
        seenExtant: (seen ?? 0) - (seenClosed ?? 0),
        seenClosed: seenClosed ?? 0,
      };
    },

    async listIdentities(poolId, query: IdentityListQuery, totals) {
      const items: StoredIdentity[] = [];
      let offset = query.offset;
      for (const segment of segmentsOf(query, totals)) {
        const limit = query.limit - items.length;
        if (limit <= 0) break;
        if (offset < segment.count) items.push(...(await listSegment(poolId, segment, { offset, limit })));
        offset = Math.max(0, offset - segment.count);
      }
      return items;
    },

    async walkIdentities(poolId, { after, limit, status }) {
      const filter = status === null ? '' : status === 'extant' ? 'and i.is_open' : 'and not i.is_open';
      const text = `select ${COLUMNS} from identities i ${JOINS}
        where i.pool_id = $1::uuid and ($2::uuid is null or i.id > $2::uuid) ${filter}
        order by i.id limit $3::integer`;
      const { rows } = await session.query<Row>({ text, parameters: [poolId, after, limit] });
      return rows.map((row) => toIdentity(poolId, row));
    },
  };
}
