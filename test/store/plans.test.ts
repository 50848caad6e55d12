import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import { createIdentityStore } from '../../src/store/repositories/identities.ts';
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
