import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { PoolId } from '../../src/core/ports.ts';
import type { FlowId } from '../../src/core/self-service/ports.ts';
import { createCodeStore } from '../../src/store/repositories/flow-codes.ts';
import { createFlowStore } from '../../src/store/repositories/flows.ts';
import { removeExpired } from '../../src/store/repositories/housekeeping.ts';
import { createLockoutStore } from '../../src/store/repositories/lockouts.ts';
import { AT, countRows, insertPool, layGround, newId, openStores } from '../store/stores.ts';

const after = (seconds: number) => new Date(AT.getTime() + seconds * 1000);
const HOUR = 3600;
const DAY = 24 * HOUR;

async function prepare(t: TestContext) {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const flows = createFlowStore(stores.db);
  const codes = createCodeStore(stores.db);
  const begin = async (poolId: PoolId, expiresAt: Date): Promise<FlowId> => {
    const id = newId<FlowId>();
    await flows.insertFlow({
      ...{
        poolId,
        id,
        kind: 'login',
        type: 'api',
        state: 'choose_method',
        active: null,
        requestedAal: 'aal1',
      },
      ...{ refresh: false, identityId: null, sessionId: null, csrfDigest: null, issuedAt: AT, expiresAt },
      ...{ box: randomBytes(40), wrappedKey: randomBytes(60) },
    });
    const digests = { addressDigest: randomBytes(32), codeDigest: randomBytes(32) };
    await codes.putCode({ poolId, flowId: id, purpose: 'login', identityId: null, expiresAt, ...digests });
    return id;
  };
  return { stores, ground, flows, begin };
}

test('flows go an hour after they expired, with their keys and codes, in every pool', async (t) => {
  const { stores, ground, flows, begin } = await prepare(t);
  const pools = [ground.poolId, await insertPool(stores, ground)];
  const [gone, kept] = [after(0), after(1)];
  for (const poolId of pools) await begin(poolId, gone);
  const ids = await Promise.all(pools.map((poolId) => begin(poolId, kept)));
  await removeExpired(stores.db, after(HOUR));
  for (const table of ['flows', 'flow_keys', 'flow_codes'])
    assert.equal(await countRows(stores, table), 2, table);
  for (const [index, poolId] of pools.entries()) {
    assert.ok((await flows.findFlow(poolId, ids[index] ?? newId<FlowId>())) !== null);
  }
  await removeExpired(stores.db, after(HOUR + 1));
  for (const table of ['flows', 'flow_keys', 'flow_codes'])
    assert.equal(await countRows(stores, table), 0, table);
});

test('however many there are, they go in parts, and nothing else does', async (t) => {
  const { stores, ground, begin } = await prepare(t);
  await begin(ground.poolId, after(10 * HOUR));
  await stores.behind.query({
    text: `insert into flows (pool_id, id, kind, type, state, requested_aal, is_refresh, box, issued_at, updated_at, expires_at)
           select $1::uuid, gen_random_uuid(), 'login', 'api', 'choose_method', 'aal1', false, '\\x00', $2, $2, $2
           from generate_series(1, 2500)`,
    parameters: [ground.poolId, AT],
  });
  await removeExpired(stores.db, after(HOUR));
  assert.equal(await countRows(stores, 'flows'), 1);
});

test('failures go after a day', async (t) => {
  const { stores, ground } = await prepare(t);
  const lockouts = createLockoutStore(stores.db);
  const add = (at: Date) =>
    lockouts.addFailures(ground.poolId, [{ scope: 'address', digest: randomBytes(32) }], at, AT);
  await add(after(0));
  await add(after(1));
  await removeExpired(stores.db, after(DAY));
  assert.equal(await countRows(stores, 'lockouts'), 1);
});
