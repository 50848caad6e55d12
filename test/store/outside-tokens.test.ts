import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { RefreshInsert } from '../../src/core/identify/ports.ts';
import type { IdentityId } from '../../src/core/ports.ts';
import { createOutsideTokenStore } from '../../src/store/repositories/identify-outside-tokens.ts';
import { AT, insertOf, insertPool, layGround, openStores } from './stores.ts';

const LATER = new Date(AT.getTime() + 60_000);

async function prepare(t: TestContext) {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const { poolId } = ground;
  const tokens = createOutsideTokenStore(stores.db);
  const insert = insertOf(poolId);
  assert.equal(await stores.identities.insertIdentity(insert), 'done');
  const { id, wrappedKey } = insert;
  const made = (more: Partial<RefreshInsert> = {}): RefreshInsert => ({
    ...{ digest: randomBytes(32), replaced: null, identityId: id, box: randomBytes(80), wrappedKey },
    ...{ expiresAt: LATER, ...more },
  });
  const keep = async (more: Partial<RefreshInsert> = {}) => {
    const token = made(more);
    assert.equal(await tokens.keepRefresh(poolId, token), true);
    return token;
  };
  const boxes = async (limit = 10, identityId: IdentityId = id, pool = poolId) =>
    (await tokens.listRefresh(pool, identityId, { now: AT, limit })).map(({ box }) => box);
  return { ...{ stores, ground, poolId, tokens, id, wrappedKey, made, keep, boxes } };
}

test('a box under a key that the identity no longer has is not kept, and takes nothing’s place', async (t) => {
  const { tokens, poolId, made, keep, boxes } = await prepare(t);
  const first = await keep();
  const late = made({ wrappedKey: randomBytes(60), replaced: first.digest });
  assert.equal(await tokens.keepRefresh(poolId, late), false);
  assert.equal(await tokens.findRefresh(poolId, late.digest), null);
  assert.deepEqual(await boxes(), [first.box]);
});

test('the one that was replaced has no box, and is not revoked by that', async (t) => {
  const { tokens, poolId, id, keep, boxes } = await prepare(t);
  const first = await keep();
  const second = await keep({ replaced: first.digest });
  assert.deepEqual(await boxes(), [second.box]);
  assert.deepEqual(await tokens.findRefresh(poolId, first.digest), { identityId: id, isRevoked: false });
});

test('what was revoked stays so, and without a box, when it is kept once more', async (t) => {
  const { tokens, poolId, id, keep, boxes, stores } = await prepare(t);
  const { digest } = await keep();
  await tokens.revokeRefreshOf(poolId, id, AT);
  const rows = async () => {
    const text = 'select box, revoked_at from identify_outside_refresh';
    return (await stores.behind.query<{ box: Buffer | null }>({ text, parameters: [] })).rows;
  };
  assert.deepEqual({ ...(await rows())[0] }, { box: null, revoked_at: AT });
  await keep({ digest });
  assert.deepEqual({ ...(await rows())[0] }, { box: null, revoked_at: AT });
  assert.deepEqual(await boxes(), []);
  assert.deepEqual(await tokens.findRefresh(poolId, digest), { identityId: id, isRevoked: true });
});

test('those that may still work are listed, the latest first, with what opens them', async (t) => {
  const { tokens, poolId, id, wrappedKey, keep, boxes, stores, ground } = await prepare(t);
  const early = await keep({ expiresAt: new Date(AT.getTime() + 1) });
  const late = await keep();
  await keep({ expiresAt: AT });
  assert.deepEqual(await boxes(), [late.box, early.box]);
  assert.deepEqual(await boxes(1), [late.box]);
  const [found] = await tokens.listRefresh(poolId, id, { now: AT, limit: 1 });
  assert.deepEqual(found, { digest: late.digest, box: late.box, wrappedKey, configVersion: 1 });
  const other = insertOf(poolId);
  await stores.identities.insertIdentity(other);
  assert.deepEqual(await boxes(10, other.id), []);
  assert.deepEqual(await boxes(10, id, await insertPool(stores, ground, 'Beside')), []);
  await tokens.revokeRefreshOf(poolId, other.id, AT);
  assert.equal((await boxes()).length, 2);
});
