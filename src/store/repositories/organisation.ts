import { sql } from 'kysely';
import type { Account, Domain, OrganisationStore, Pool, Reach, Ruleset } from '../../core/pools/ports.ts';
import type { PoolId } from '../../core/ports.ts';
import { createQueryBuilder } from '../kysely.ts';
import type { Session } from '../session.ts';
import { type Condition, listRows } from './list-rows.ts';
import { insertPoolRows, poolStateWrites } from './pool-rows.ts';
import { findReply, insertReply } from './replies.ts';
import type { Tables } from './tables.ts';

const json = (value: unknown) => sql<never>`${JSON.stringify(value)}::text::jsonb`;

const DOMAIN = ['id', 'account_id as accountId', 'title', 'status'] as const;
const RULESET = [...DOMAIN, 'domain_id as domainId', 'factors', 'methods', 'plans'] as const;
const POOL = [...DOMAIN, 'domain_id as domainId', 'ruleset_id as rulesetId', 'environment'] as const;

// A key without the `account` grant sees what its own pool lies under.
const OWN = (column: string, reach: Reach): Condition => [
  `id = (select ${column} from pools where id = $`,
  reach.poolId,
  ')',
];

export function createOrganisationStore(session: Session): OrganisationStore {
  const db = createQueryBuilder<Tables>(session);

  return {
    transaction: (work) => session.transaction((tx) => work(createOrganisationStore(tx))),

    findAccount: async (id): Promise<Account | null> =>
      (await db
        .selectFrom('accounts')
        .select(['id', 'partition', 'title', 'status'])
        .where('id', '=', id)
        .executeTakeFirst()) ?? null,
    findDomain: async (accountId, id): Promise<Domain | null> =>
      (await db
        .selectFrom('domains')
        .select(DOMAIN)
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .executeTakeFirst()) ?? null,
    findRuleset: async (accountId, id): Promise<Ruleset | null> =>
      (await db
        .selectFrom('rulesets')
        .select(RULESET)
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .executeTakeFirst()) ?? null,
    findPool: async (accountId, id): Promise<Pool | null> =>
      (await db
        .selectFrom('pools')
        .select(POOL)
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .executeTakeFirst()) ?? null,

    listDomains: (reach, query) =>
      listRows<Domain>(session, 'domains', DOMAIN, query, [
        ['account_id = $', reach.accountId],
        ...(reach.wholeAccount ? [] : [OWN('domain_id', reach)]),
      ]),
    listRulesets: (reach, domainId, query) =>
      listRows<Ruleset>(session, 'rulesets', RULESET, query, [
        ['account_id = $', reach.accountId],
        ['domain_id = $', domainId],
        ...(reach.wholeAccount ? [] : [OWN('ruleset_id', reach)]),
      ]),
    listPools: (reach, domainId, query) =>
      listRows<Pool>(session, 'pools', POOL, query, [
        ['account_id = $', reach.accountId],
        ['domain_id = $', domainId],
        ['environment = $', reach.environment],
        ...(reach.wholeAccount ? [] : [OWN('id', reach)]),
      ]),
    async listPoolIds(accountId, environment, limit): Promise<PoolId[]> {
      const rows = await db
        .selectFrom('pools')
        .select('id')
        .where('account_id', '=', accountId)
        .where('environment', '=', environment)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },

    async insertAccount({ id, partition, title }, at) {
      const made = await db
        .insertInto('accounts')
        .values({ id, partition, title, created_at: at })
        .onConflict((conflict) => conflict.column('partition').doNothing())
        .returning('id')
        .execute();
      return made.length === 1;
    },
    async insertDomain({ id, accountId, title }, at) {
      await db.insertInto('domains').values({ id, account_id: accountId, title, created_at: at }).execute();
    },
    async insertRuleset({ id, accountId, domainId, title, factors, methods, plans }, at) {
      await db
        .insertInto('rulesets')
        .values({
          id,
          account_id: accountId,
          domain_id: domainId,
          title,
          factors: json(factors),
          methods: json(methods),
          plans: json(plans),
          created_at: at,
        })
        .execute();
    },
    async insertPool({ id, accountId, domainId, rulesetId, title, environment }, keys, schema, at) {
      await db
        .insertInto('pools')
        .values({
          id,
          account_id: accountId,
          domain_id: domainId,
          ruleset_id: rulesetId,
          title,
          environment,
          created_at: at,
        })
        .execute();
      await insertPoolRows(session, id, keys, schema, at);
    },
    async updateDomain(id, change) {
      await db.updateTable('domains').set(change).where('id', '=', id).execute();
    },
    async updateRuleset(id, { title, status, factors, methods, plans }) {
      await db
        .updateTable('rulesets')
        .set({
          ...(title === undefined ? {} : { title }),
          ...(status === undefined ? {} : { status }),
          ...(factors === undefined ? {} : { factors: json(factors) }),
          ...(methods === undefined ? {} : { methods: json(methods) }),
          ...(plans === undefined ? {} : { plans: json(plans) }),
        })
        .where('id', '=', id)
        .execute();
    },
    async updatePool(id, { title, status, rulesetId }) {
      await db
        .updateTable('pools')
        .set({
          ...(title === undefined ? {} : { title }),
          ...(status === undefined ? {} : { status }),
          ...(rulesetId === undefined ? {} : { ruleset_id: rulesetId }),
        })
        .where('id', '=', id)
        .execute();
    },
    async lock(table, id) {
      const { rows } = await session.query({
        text: `select 1 as one from ${table} where id = $1::uuid for update`,
        parameters: [id],
      });
      return rows.length === 1;
    },
    poolsOfRuleset: (id): Promise<Pool[]> =>
      db.selectFrom('pools').select(POOL).where('ruleset_id', '=', id).orderBy('id').execute(),
    poolsOfDomain: (id): Promise<Pool[]> =>
      db.selectFrom('pools').select(POOL).where('domain_id', '=', id).orderBy('id').execute(),
    ...poolStateWrites(session),
    insertReply: (reply, now) => insertReply(session, reply, now),
    findReply: (poolId, digest, now) => findReply(session, poolId, digest, now),
  };
}
