import type { Segment } from '../../core/identities/standing.ts';
import type { KycFilter, KycIdentityStore, KycQuery, KycSort, KycWindow } from '../../core/kyc/ports.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';
import { COLUMNS, JOINS, type Row, toIdentity } from './identities.ts';
import { insertWithCase } from './kyc-creation.ts';
import { rareGrams } from './rare-grams.ts';

type Bind = (value: unknown, type: string) => string;

/** What there is for this surface; segments have their indexes over this. */
const LISTED = `i.is_open and i.verification_status <> 'merged'`;

const ORDERS: Readonly<Record<KycSort, string>> = {
  createdAt: 'i.created_at asc',
  '-createdAt': 'i.created_at desc',
  updatedAt: 'i.updated_at asc',
  '-updatedAt': 'i.updated_at desc',
};

const HOLD = 'select 1 as one from identities where pool_id = $1::uuid and id = $2::uuid for share';

export function createKycIdentityStore(session: Session): KycIdentityStore {
  return {
    insertWithCase: (creation) => insertWithCase(session, creation),

    async listKyc(poolId, query) {
      const { rows } = await session.query<Row>(pageStatement(poolId, query));
      return rows.map((row) => toIdentity(poolId, row));
    },

    async listSegments(poolId, segments, window) {
      const { rows } = await session.query<Row>(segmentStatement(poolId, segments, window));
      return rows.map((row) => toIdentity(poolId, row));
    },

    async listCandidates(poolId, filter, { emailGrams, sorts, max }) {
      const grams = Array.from(emailGrams, String);
      const rare = await rareGrams(session, poolId, { space: 'email', grams });
      const { parameters, bind } = binding(poolId);
      const where = [...conditions(filter, bind), gramCondition({ grams, rare }, bind)].join(' and ');
      // Sorted are those alone that will be used: a refusal reads no further than it must.
      const text = `select found.id from (
        select i.id, i.created_at, i.updated_at from identities i where ${where} limit ${bind(max, 'bigint')}) found
        order by ${orderOf(sorts).replaceAll('i.', 'found.')}`;
      const { rows } = await session.query<{ id: IdentityId }>({ text, parameters });
      return rows.map(({ id }) => id);
    },

    async countKyc(poolId, filter) {
      const { parameters, bind } = binding(poolId);
      const text = `select count(*)::bigint as n from identities i where ${conditions(filter, bind).join(' and ')}`;
      const { rows } = await session.query<{ n: number }>({ text, parameters });
      return Number(rows[0]?.n ?? 0);
    },

    async ownsCompanies(poolId, owner) {
      const { rows } = await session.query<{ id: string }>({
        text: `select id from identities
               where pool_id = $1::uuid and identity_owner = $2::text and is_open and kyc_type = 'company' limit 1`,
        parameters: [poolId, owner],
      });
      return rows.length > 0;
    },

    async holdOwner(poolId, owner) {
      await session.query({ text: HOLD, parameters: [poolId, owner] });
    },
  };
}

function binding(poolId: PoolId): { parameters: unknown[]; bind: Bind } {
  const parameters: unknown[] = [poolId];
  return { parameters, bind: (value, type) => `$${parameters.push(value)}::${type}` };
}

function orderOf(sorts: readonly KycSort[]): string {
  const [first = '-createdAt'] = sorts;
  const byId = `i.id ${first.startsWith('-') ? 'desc' : 'asc'}`;
  return [...sorts.map((sort) => ORDERS[sort]), byId].join(', ');
}

// Skipped rows are counted off an index; only the page's rows are fetched whole.
function pageStatement(poolId: PoolId, query: KycQuery): { text: string; parameters: unknown[] } {
  const { parameters, bind } = binding(poolId);
  const where = conditions(query, bind).join(' and ');
  const order = orderOf(query.sorts);
  const text = `
    select ${COLUMNS} from (
      select i.id, i.created_at, i.updated_at from identities i where ${where}
      order by ${order} offset ${bind(query.offset, 'bigint')} limit ${bind(query.limit, 'integer')}) page
    join identities i on i.pool_id = $1::uuid and i.id = page.id ${JOINS}
    order by ${order.replaceAll('i.', 'page.')}`;
  return { text, parameters };
}

/**
 * A page of several segments together: each gives its first rows off its own index, and the first of these are the page.
 * Of what is skipped or left over, index entries alone are read: nothing but what orders is asked for.
 */
function segmentStatement(
  poolId: PoolId,
  segments: readonly Segment[],
  { sorts, offset, limit }: KycWindow,
): { text: string; parameters: unknown[] } {
  const { parameters, bind } = binding(poolId);
  const types = bind(
    segments.map(({ type }) => type),
    'text[]',
  );
  const blocks = bind(
    segments.map(({ isBlocked }) => isBlocked),
    'boolean[]',
  );
  const risks = bind(
    segments.map(({ risk }) => risk),
    'text[]',
  );
  const order = orderOf(sorts);
  const ordering = ['id', 'created_at', 'updated_at'].filter((column) => order.includes(`i.${column} `));
  const columnsOf = (alias: string) => ordering.map((column) => `${alias}.${column}`).join(', ');
  const text = `
    select ${COLUMNS} from (
      select ${columnsOf('s')} from unnest(${types}, ${blocks}, ${risks}) as u(type, blocked, risk),
        lateral (
          select ${columnsOf('i')} from identities i
          where i.pool_id = $1::uuid and i.kyc_type = u.type and i.blocked = u.blocked
            and coalesce(i.risk_rating, 'none') = u.risk and ${LISTED}
          order by ${order} limit ${bind(offset + limit, 'bigint')}) s
      order by ${order.replaceAll('i.', 's.')}
      offset ${bind(offset, 'bigint')} limit ${bind(limit, 'integer')}) page
    join identities i on i.pool_id = $1::uuid and i.id = page.id ${JOINS}
    order by ${order.replaceAll('i.', 'page.')}`;
  return { text, parameters };
}

function conditions(filter: KycFilter, bind: Bind): string[] {
  const where = ['i.pool_id = $1::uuid', LISTED];
  const { keys, blocked, type, ids, owners, risk } = filter;
  for (const key of keys) {
    where.push(`exists (select 1 from search_keys k
      where k.pool_id = $1::uuid and k.key = ${bind(key, 'uuid')} and k.identity_id = i.id)`);
  }
  if (blocked !== null) where.push(blocked ? 'i.blocked' : 'not i.blocked');
  if (type !== null) where.push(`i.kyc_type = ${bind(type, 'text')}`);
  if (ids !== null) where.push(`i.id = any(${bind(ids, 'uuid[]')})`);
  if (owners !== null) {
    where.push(`i.identity_owner in (select o.id::text from identities o
      where o.pool_id = $1::uuid and o.id = any(${bind(owners, 'uuid[]')}) and o.is_open
        and o.verification_status <> 'merged')`);
  }
  if (risk !== null) {
    const list = bind(risk.values, 'text[]');
    // What has no rating is not in any list of ratings.
    where.push(
      risk.isIn ? `i.risk_rating = any(${list})` : `(i.risk_rating is null or i.risk_rating <> all(${list}))`,
    );
  }
  return where;
}

// The rare ones are looked up; all of them are then compared in the rows, which an expression keeps out of the index.
function gramCondition(
  { grams, rare }: { grams: readonly string[]; rare: readonly string[] },
  bind: Bind,
): string {
  return `i.id in (select g.identity_id from search_grams g
    where g.pool_id = $1::uuid and g.space = 'email' and g.grams @> ${bind(rare, 'bigint[]')}
      and (g.grams || '{}'::bigint[]) @> ${bind(grams, 'bigint[]')})`;
}
