import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import { createIdentityStore } from '../../src/store/repositories/identities.ts';
import { createLoginStore } from '../../src/store/repositories/logins.ts';
import { createSessionStore } from '../../src/store/repositories/sessions.ts';
import { newId, openStores, type Stores } from './stores.ts';

/** PostgreSQL plans the first five times by what it is given; after that, only where that seems to pay. */
const PLANNED_BY_VALUE = 5;
const TIMES = 12;
const ROWS = 3000;

const FILL = `
  insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
    expires_at, box)
  select $1::uuid, gen_random_uuid(), gen_random_uuid(), uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()),
    'aal1', now(), now(), now(), '\\x00'
  from generate_series(1, ${ROWS})`;

/** Enough of them that an index pays, and that the planner knows. */
async function fillSessions({ behind }: Pick<Stores, 'behind'>, poolId: PoolId): Promise<void> {
  await behind.transaction(async (tx) => {
    // Their identities are not there.
    await tx.query({ text: 'set local session_replication_role = replica', parameters: [] });
    await tx.query({ text: FILL, parameters: [poolId] });
  });
  await behind.query({ text: 'analyze sessions', parameters: [] });
}

/** @returns How often the statement that has this in it was planned by its values, and how often it was not. */
async function plansOf({ db }: Pick<Stores, 'db'>, part: string): Promise<{ byValue: number; once: number }> {
  const { rows } = await db.query<{ by_value: number; once: number }>({
    text: `select custom_plans::integer as by_value, generic_plans::integer as once from pg_prepared_statements
           where position($1::text in statement) > 0 and position('pg_prepared_statements' in statement) = 0`,
    parameters: [part],
  });
  assert.equal(rows.length, 1);
  return { byValue: rows[0]?.by_value ?? 0, once: rows[0]?.once ?? 0 };
}

async function fillIdentities({ behind }: Pick<Stores, 'behind'>, poolId: PoolId): Promise<void> {
  await behind.transaction(async (tx) => {
    // Their pool is not there.
    await tx.query({ text: 'set local session_replication_role = replica', parameters: [] });
    await tx.query({
      text: `insert into identities (pool_id, id, schema_id, standing, created_at, updated_at)
             select $1::uuid, gen_random_uuid(), 'default', '{}', now(), now() from generate_series(1, ${ROWS})`,
      parameters: [poolId],
    });
  });
  await behind.query({ text: 'analyze identities', parameters: [] });
}

interface PrimaryKey {
  readonly table_name: string;
  readonly columns: readonly string[];
  readonly types: readonly string[];
}

/** Of tables of pools, in which nobody has written yet. */
const PRIMARY_KEYS = `
  select c.relname::text as table_name, array_agg(a.attname::text order by k.n) as columns,
    array_agg(format_type(a.atttypid, a.atttypmod) order by k.n) as types
  from pg_index x
  join pg_class c on c.oid = x.indrelid and c.relnamespace = 'public'::regnamespace
  cross join lateral unnest(x.indkey::int2[]) with ordinality as k(number, n)
  join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
  where x.indisprimary and exists (
    select 1 from pg_attribute p where p.attrelid = c.oid and p.attname = 'pool_id')
  group by c.relname order by c.relname`;

/** Its id alone says which one it is; it has an index of that, too. */
const KNOWN_BY_ID = new Set(['relationships']);

/** How a row is looked up by its primary key whatever the key: as the checks of foreign keys do. */
async function lookUpPlan(
  { behind }: Pick<Stores, 'behind'>,
  { table_name: table, columns, types }: PrimaryKey,
): Promise<string> {
  const conditions = columns.map((column, index) => `x.${column} = $${index + 1}`).join(' and ');
  return behind.transaction(async (tx) => {
    const run = (text: string) => tx.query<{ 'QUERY PLAN': string }>({ text, parameters: [] });
    await run('set local plan_cache_mode = force_generic_plan');
    await run(
      `prepare looked_up (${types.join()}) as select x.* from ${table} x where ${conditions} for key share`,
    );
    const { rows } = await run(`explain execute looked_up (${types.map(() => 'null').join()})`);
    await run('deallocate looked_up');
    return rows.map((row) => row['QUERY PLAN'].trim()).join('\n');
  });
}

test('before a table has statistics, its rows are looked up by their keys and nothing else', async (t) => {
  const stores = await openStores(t, 1);
  const { rows } = await stores.behind.query<PrimaryKey>({ text: PRIMARY_KEYS, parameters: [] });
  assert.ok(rows.length > 40);
  for (const key of rows) {
    const plan = await lookUpPlan(stores, key);
    const condition = /^Index Cond: (.*)$/m.exec(plan)?.[1] ?? '';
    const needed = key.columns.filter((name) => name !== 'identity_id' || !KNOWN_BY_ID.has(key.table_name));
    for (const column of needed) assert.ok(condition.includes(`${column} =`), `${key.table_name}: ${plan}`);
  }
});

test('a session is found by its token without planning each time, however many are asked for at once', async (t) => {
  const stores = await openStores(t, 1);
  const poolId = newId<PoolId>();
  await fillSessions(stores, poolId);
  const { findByToken } = createSessionStore(stores.db);
  for (let turn = 0; turn < TIMES; turn += 1) {
    await Promise.all(Array.from({ length: 1 + (turn % 4) }, () => findByToken(poolId, randomBytes(32))));
  }
  const { byValue, once } = await plansOf(stores, 't.token_digest = any');
  assert.equal(byValue, PLANNED_BY_VALUE);
  assert.ok(once >= TIMES - PLANNED_BY_VALUE);
});

test('so is an identity by its id', async (t) => {
  const stores = await openStores(t, 1);
  const poolId = newId<PoolId>();
  await fillIdentities(stores, poolId);
  const { findIdentity } = createIdentityStore(stores.db);
  for (let turn = 0; turn < TIMES; turn += 1) {
    await Promise.all(
      Array.from({ length: 1 + (turn % 4) }, () => findIdentity(poolId, newId<IdentityId>())),
    );
  }
  const { byValue, once } = await plansOf(stores, 'i.id = any');
  assert.equal(byValue, PLANNED_BY_VALUE);
  assert.ok(once >= TIMES - PLANNED_BY_VALUE);
});

test('so is whoever has an identifier, with the failures of those who tried', async (t) => {
  const stores = await openStores(t, 1);
  const poolId = newId<PoolId>();
  await fillIdentities(stores, poolId);
  const { findClaimant } = createLoginStore(stores.db);
  for (let turn = 0; turn < TIMES; turn += 1) {
    const keys = (['identifier', 'address'] as const).map((scope) => ({ scope, digest: randomBytes(32) }));
    await findClaimant(poolId, { space: 'email', digest: randomBytes(32) }, keys);
  }
  const { byValue, once } = await plansOf(stores, 'from identifiers c');
  assert.equal(byValue, PLANNED_BY_VALUE);
  assert.ok(once >= TIMES - PLANNED_BY_VALUE);
});
