import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolId } from '../../src/core/ports.ts';
import { createIamIdentityStore } from '../../src/store/repositories/iam-identities.ts';
import {
  changeOf,
  getStored,
  insertOf,
  insertPool,
  layGround,
  newId,
  openStores,
  type Stores,
} from './stores.ts';

const ENDPOINT = `
  insert into webhook_endpoints (pool_id, id, url, dialect, secret, definition, is_active, created_at, updated_at)
  values ($1::uuid, $2::uuid, 'https://hooks.example.com', 'verification', '\\x00', '{}', $3::boolean, now(), now())`;

const EVENTS = `
  select type, fanned_out_at = at as told from outbox where pool_id = $1::uuid and subject_id is not null order by id`;

function addEndpoint({ behind }: Pick<Stores, 'behind'>, poolId: PoolId, isActive: boolean) {
  return behind.query({ text: ENDPOINT, parameters: [poolId, newId(), isActive] });
}

/** One made alone, two at once, and a change: the three statements that announce something of an identity. */
async function announce(
  { identities, db }: Pick<Stores, 'identities' | 'db'>,
  poolId: PoolId,
): Promise<void> {
  const insert = insertOf(poolId);
  assert.equal(await identities.insertIdentity(insert), 'done');
  const many = createIamIdentityStore(db).insertMany([insertOf(poolId), insertOf(poolId)]);
  assert.equal(await many, 'done');
  const stored = await getStored({ identities }, poolId, insert.id);
  assert.equal(await identities.changeIdentity(changeOf(stored)), 'done');
}

async function toldIn({ behind }: Pick<Stores, 'behind'>, poolId: PoolId): Promise<(boolean | null)[]> {
  const { rows } = await behind.query<{ type: string; told: boolean | null }>({
    text: EVENTS,
    parameters: [poolId],
  });
  assert.deepEqual(rows.map(({ type }) => type).sort(), [
    ...['identity.created', 'identity.created', 'identity.created', 'identity.updated'],
  ]);
  return rows.map(({ told }) => told);
}

test('an event waits for the feed where somebody listens, and for nobody where none does', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const [quiet, off, listening] = [
    ground.poolId,
    await insertPool(stores, ground),
    await insertPool(stores, ground),
  ];
  await addEndpoint(stores, off, false);
  await addEndpoint(stores, listening, true);
  for (const poolId of [quiet, off, listening]) await announce(stores, poolId);
  assert.deepEqual(await toldIn(stores, quiet), [true, true, true, true]);
  assert.deepEqual(await toldIn(stores, off), [true, true, true, true]);
  assert.deepEqual(await toldIn(stores, listening), [null, null, null, null]);
  // What comes after an endpoint is not passed over, whatever came before it.
  await addEndpoint(stores, quiet, true);
  assert.equal(await stores.identities.insertIdentity(insertOf(quiet)), 'done');
  const { rows } = await stores.behind.query<{ n: number }>({
    text: 'select count(*)::integer as n from outbox where pool_id = $1::uuid and fanned_out_at is null',
    parameters: [quiet],
  });
  assert.equal(rows[0]?.n, 1);
});
