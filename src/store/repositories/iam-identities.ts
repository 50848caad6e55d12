import type { IamIdentityStore, IamScope } from '../../core/iam/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { Session } from '../session.ts';
import { COLUMNS, JOINS, type Row, toIdentity } from './identities.ts';
import { insertMany } from './identity-batches.ts';
import { rareGrams } from './rare-grams.ts';

const VISIBLE = `i.is_open and i.verification_status <> 'merged'`;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Ids of each scope, in order and above the one of `$2`; the index that finds them gives the order. */
const IDS: Readonly<Record<IamScope['kind'], string>> = {
  all: `
    select i.id from identities i where i.pool_id = $1::uuid and i.id > $2::uuid and ${VISIBLE}
    order by i.id`,
  ids: `
    select i.id from identities i
    where i.pool_id = $1::uuid and i.id > $2::uuid and i.id = any($5::uuid[]) and ${VISIBLE}
    order by i.id`,
  // Not to be flattened (`offset 0`): with few or old statistics the planner would walk all identities, and look for the
  // key of each.
  key: `
    select k.identity_id as id from search_keys k cross join lateral (
      select 1 as one from identities i
      where i.pool_id = $1::uuid and i.id = k.identity_id and ${VISIBLE} offset 0) visible
    where k.pool_id = $1::uuid and k.key = $5::uuid and k.identity_id > $2::uuid
    order by k.identity_id`,
};

const pageSql = (ids: string) => `
  select ${COLUMNS} from (${ids} offset $3::bigint limit $4::integer) page
  join identities i on i.pool_id = $1::uuid and i.id = page.id ${JOINS}
  order by page.id`;

// The rare ones are looked up; all of them are then compared in the rows, which an expression keeps out of the index.
const CANDIDATES = `
  select g.identity_id as id from search_grams g
  where g.pool_id = $1::uuid and g.space = $2::text and g.grams @> $3::bigint[]
    and (g.grams || '{}'::bigint[]) @> $4::bigint[]
  limit $5::integer`;

function parametersOf(scope: IamScope): readonly unknown[] {
  switch (scope.kind) {
    case 'all':
      return [];
    case 'ids':
      return [scope.ids];
    case 'key':
      return [scope.key];
  }
}

export function createIamIdentityStore(session: Session): IamIdentityStore {
  return {
    async listVisible(poolId, scope, { after, offset, limit }) {
      const parameters = [poolId, after ?? FIRST, offset, limit, ...parametersOf(scope)];
      const { rows } = await session.query<Row>({ text: pageSql(IDS[scope.kind]), parameters });
      return rows.map((row) => toIdentity(poolId, row));
    },

    async listCandidates(poolId, { anyOf, max }) {
      const found = await Promise.all(
        anyOf.map(async ({ space, grams: keyed }) => {
          const grams = Array.from(keyed, String);
          const rare = await rareGrams(session, poolId, { space, grams });
          const parameters = [poolId, space, rare, grams, max];
          return (await session.query<{ id: IdentityId }>({ text: CANDIDATES, parameters })).rows;
        }),
      );
      return [...new Set(found.flat().map(({ id }) => id))];
    },

    insertMany: (inserts) => insertMany(session, inserts),
  };
}
