import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { WrongState } from '../../src/core/errors.ts';
import type { IdentityId } from '../../src/core/ports.ts';
import type { RotationKind } from '../../src/core/rotation/ports.ts';
import { rotateKeys } from '../../src/core/rotation/rotate-keys.ts';
import { type RotationProgress, runRotation } from '../../src/core/rotation/run-rotation.ts';
import { openEnvironmentKms } from '../../src/crypto/file-kms.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { createIdGenerator } from '../../src/kit/ids.ts';
import { createRotationStore } from '../../src/store/repositories/rotations.ts';
import { TestClock } from '../harness/clock.ts';
import { insertPool, layGround, newId, openStores } from './stores.ts';

// Rotations as one process sees another one: through the database only.

/** A pool with real keys and identities in it, and what a rotating process needs, with a clock that waiting moves. */
async function prepare(t: TestContext, identities = 0) {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const { poolId } = ground;
  const clock = new TestClock();
  const kms = openEnvironmentKms(randomBytes(32).toString('base64'));
  const newVault = () => createVault({ kms, poolKeys: stores.poolKeys, randomBytes });
  const vault = newVault();
  for (const key of await vault.createPoolKeys(poolId)) {
    await stores.behind.query({
      text: `update pool_keys set root_key_id = $4::text, wrapped = $5::bytea
             where pool_id = $1::uuid and purpose = $2::text and version = $3::integer`,
      parameters: [poolId, key.purpose, key.version, key.rootKeyId, key.wrapped],
    });
  }
  const pool = await vault.pool(poolId);
  const made = Array.from({ length: identities }, () => newId<IdentityId>());
  for (const id of made) {
    const { key, wrapped } = pool.createIdentityKey(id);
    const profile = key.seal('profile', Buffer.from(`profile of ${id}`));
    await stores.behind.query({
      text: `with record as (
               insert into identities (pool_id, id, profile, created_at, updated_at)
               values ($1::uuid, $2::uuid, $3::bytea, $5::timestamptz, $5::timestamptz) returning id)
             insert into identity_keys (pool_id, identity_id, wrapped)
             select $1::uuid, id, $4::bytea from record`,
      parameters: [poolId, id, profile, wrapped, clock.now()],
    });
  }
  const rotations = createRotationStore(stores.db);
  const pause = async (ms: number) => clock.advance(ms / 1000);
  const ids = createIdGenerator({ nowMs: () => Date.now(), randomBytes });
  const newDeps = () => ({ clock, ids, vault: newVault(), rotations, pause });
  const open = async (id: IdentityId) => {
    const stored = await stores.identities.findIdentity(poolId, id);
    assert.ok(stored?.wrappedKey && stored.profile);
    const fresh = await newVault().pool(poolId, stored.configVersion);
    return fresh.openIdentityKey(id, stored.wrappedKey).open('profile', stored.profile).toString();
  };
  return { stores, ground, poolId, clock, rotations, newDeps, ids: made, open };
}

const LEASE_SECONDS = 10;

test('a rotation is at one process only, and another takes it over once that gives no sign any more', async (t) => {
  const { poolId, rotations, newDeps, clock } = await prepare(t);
  await rotations.plan('pool', [poolId], clock.now());
  const deps = newDeps();
  const dead = { poolId, kind: 'pool' as const, runner: newId<never>() };
  const until = new Date(clock.now().getTime() + LEASE_SECONDS * 1000);
  assert.ok(await rotations.claim(dead, clock.now(), until));
  assert.equal(await rotations.claim({ ...dead, runner: newId<never>() }, clock.now(), until), null);
  const began = clock.now().getTime();
  let isRun = false;
  const outcome = await runRotation(deps, { poolId, kind: 'pool' }, async () => {
    isRun = true;
  });
  assert.ok(isRun && outcome !== null);
  assert.ok(clock.now().getTime() - began >= LEASE_SECONDS * 1000);
  // Whoever was taken for dead, and was not, does nothing any more.
  assert.equal(await rotations.finish(dead, clock.now()), false);
  const state = { target: null, step: 0, cursor: null, untilId: null, done: 0, total: 0, failed: 0 };
  assert.equal(await rotations.save(dead, state, until), false);
});

test('a rotation that another process works on is refused, and one that it finished is not done again', async (t) => {
  const { poolId, rotations, newDeps, clock } = await prepare(t);
  const other = { poolId, kind: 'data' as const, runner: newId<never>() };
  const lease = () => new Date(clock.now().getTime() + LEASE_SECONDS * 1000);
  const busy = (end: boolean) => ({
    ...newDeps(),
    pause: async () => {
      clock.advance(1);
      const state = { target: null, step: 0, cursor: null, untilId: null, done: 0, total: 0, failed: 0 };
      if (end) await rotations.finish(other, clock.now());
      else await rotations.save(other, state, lease());
    },
  });
  const never = async () => assert.fail('another process is at it');
  await rotations.plan('data', [poolId], clock.now());
  assert.ok(await rotations.claim(other, clock.now(), lease()));
  await assert.rejects(runRotation(busy(false), { poolId, kind: 'data' }, never), WrongState);
  assert.equal(await runRotation(busy(true), { poolId, kind: 'data' }, never), null);
});

for (const kind of ['pool', 'data'] as const) {
  test(`a rotation of kind ${kind} that fails anywhere is finished by the next, once for each record`, async (t) => {
    const { poolId, rotations, newDeps, ids, open, stores, clock } = await prepare(t, 120);
    // Each try gets a little further, and fails at the end of a transaction whose work is then undone.
    const failing = (after: number) => {
      let left = after;
      const wrap = (store: typeof rotations): typeof rotations => ({
        ...store,
        transaction: (work) => store.transaction((tx) => work(wrap(tx))),
        async save(...input) {
          left -= 1;
          if (left < 0) throw new Error('cut short');
          return store.save(...input);
        },
      });
      return { ...newDeps(), rotations: wrap(rotations) };
    };
    for (let after = 0; after < 3; after += 1) {
      await assert.rejects(rotateKeys(failing(after), { kind, poolIds: [poolId] }), /cut short/);
      clock.advance(LEASE_SECONDS);
      for (const id of ids) assert.equal(await open(id), `profile of ${id}`);
    }
    const progress: RotationProgress[] = [];
    const onProgress = (one: RotationProgress) => progress.push(one);
    const { pools, resumed } = await rotateKeys(newDeps(), { kind, poolIds: [poolId], onProgress });
    assert.equal(resumed, true);
    assert.deepEqual(
      pools.map(({ done, failed }) => [done, failed]),
      [[ids.length, 0]],
    );
    assert.ok(progress.every((one, index) => one.done >= (progress[index - 1]?.done ?? 0)));
    for (const id of ids) assert.equal(await open(id), `profile of ${id}`);
    const { rows } = await stores.behind.query<{ version: number; seal: number }>({
      text: `select max(i.version) as version, (select max(version) from pool_keys where purpose = 'seal') as seal
             from identities i`,
      parameters: [],
    });
    assert.deepEqual({ ...rows[0] }, kind === 'pool' ? { version: 1, seal: 2 } : { version: 2, seal: 1 });
  });

  test(`a record that does not open is left as it is by a rotation of kind ${kind}, and counted`, async (t) => {
    const { poolId, newDeps, ids, open, stores } = await prepare(t, 5);
    const [damaged = '', ...whole] = ids;
    const damage = `update identity_keys set wrapped = set_byte(wrapped, 29, get_byte(wrapped, 29) # 255)
                    where identity_id = $1::uuid returning wrapped`;
    const before = await stores.behind.query<{ wrapped: Buffer }>({ text: damage, parameters: [damaged] });
    const { pools } = await rotateKeys(newDeps(), { kind, poolIds: [poolId] });
    assert.deepEqual([pools[0]?.done, pools[0]?.failed], [4, 1]);
    for (const id of whole) assert.equal(await open(id), `profile of ${id}`);
    const after = await stores.behind.query<{ wrapped: Buffer }>({
      text: 'select wrapped from identity_keys where identity_id = $1::uuid',
      parameters: [damaged],
    });
    assert.deepEqual(after.rows, before.rows);
  });
}

test('what was interrupted in some pools is finished in exactly those', async (t) => {
  const { poolId, rotations, newDeps, clock, stores, ground } = await prepare(t, 2);
  const beside = await insertPool(stores, ground, 'Beside');
  const kind: RotationKind = 'data';
  await rotations.plan(kind, [poolId], clock.now());
  const first = await rotateKeys(newDeps(), { kind, poolIds: [poolId, beside] });
  assert.deepEqual([first.resumed, first.pools.map((pool) => pool.poolId)], [true, [poolId]]);
  assert.deepEqual(await rotations.listUnfinished(kind), []);
});
