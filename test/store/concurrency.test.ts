import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { KeyId } from '../../src/core/ports.ts';
import { testConnection } from '../harness/postgres.ts';
import {
  AT,
  changeOf,
  claim,
  countRows,
  getStored,
  insertOf,
  layGround,
  newId,
  openStores,
  stampFor,
  storesOf,
} from './stores.ts';

const times = <Result>(n: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => work(index)));

const count = (outcomes: readonly string[], outcome: string) =>
  outcomes.filter((one) => one === outcome).length;

test('of a hundred inserts with one claim, on two connection pools, one is done', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const other = testConnection(stores.database.url, { maxConnections: 8 });
  t.after(() => other.close());
  const sides = [stores.identities, storesOf(other).identities];
  const outcomes = await times(100, async (n) =>
    (sides[n % 2] ?? stores.identities).insertIdentity(insertOf(poolId, { claims: [claim('one')] })),
  );
  assert.deepEqual([count(outcomes, 'done'), count(outcomes, 'taken')], [1, 99]);
  for (const table of ['identities', 'identity_keys', 'identifiers', 'audit_entries', 'outbox']) {
    assert.equal(await countRows(stores, table), 1, table);
  }
  assert.equal((await stores.identities.totals(poolId)).extant, 1);
});

test('claims in opposite orders neither deadlock nor share', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const names = ['a', 'b', 'c', 'd'];
  const outcomes = await times(60, (n) => {
    const turned = [...names.slice(n % 4), ...names.slice(0, n % 4)];
    const claims = (n % 2 === 0 ? turned : turned.reverse()).slice(0, 2).map((name) => claim(name));
    return stores.identities.insertIdentity(insertOf(poolId, { claims }));
  });
  assert.equal(count(outcomes, 'done') + count(outcomes, 'taken'), 60);
  assert.ok(count(outcomes, 'done') >= 1);
  assert.equal(await countRows(stores, 'identities'), count(outcomes, 'done'));
  assert.equal(await countRows(stores, 'identifiers'), 2 * count(outcomes, 'done'));
});

test('of changes of one version one is done; nothing of the others stays', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const insert = insertOf(poolId);
  await stores.identities.insertIdentity(insert);
  for (let version = 1; version <= 5; version += 1) {
    const stored = await getStored(stores, poolId, insert.id);
    assert.equal(stored.version, version);
    const outcomes = await times(20, (n) =>
      stores.identities.changeIdentity(
        changeOf(stored, { claimed: [claim(`${version}-${n}`)], profile: randomBytes(8) }),
      ),
    );
    assert.deepEqual([count(outcomes, 'done'), count(outcomes, 'stale')], [1, 19]);
  }
  assert.equal(await countRows(stores, 'identifiers'), 5);
  assert.equal(await countRows(stores, 'audit_entries'), 6);
});

test('one idempotency key, used at once, makes one identity', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const reply = {
    ...{ poolId, digest: randomBytes(32), requestDigest: randomBytes(32), sealedFor: null },
    ...{ reply: randomBytes(8), expiresAt: new Date(AT.getTime() + 1000) },
  };
  const outcomes = await times(40, () => stores.identities.insertIdentity(insertOf(poolId, { reply })));
  assert.deepEqual([count(outcomes, 'done'), count(outcomes, 'replied')], [1, 39]);
  assert.equal(await countRows(stores, 'identities'), 1);
});

test('totals are exact while many write at once', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const inserts = await times(80, async () => {
    const insert = insertOf(poolId, {
      tallies: new Map([
        ['identities', 1],
        ['factor:x', 1],
      ]),
    });
    assert.equal(await stores.identities.insertIdentity(insert), 'done');
    return insert;
  });
  await times(40, async (n) => {
    const insert = inserts[n];
    assert.ok(insert !== undefined);
    const stored = await getStored(stores, poolId, insert.id);
    const tallies = new Map([
      ['closed', 1],
      ['factor:x', -1],
    ]);
    const change = changeOf(stored, { status: 'deleted', released: 'all', tallies });
    assert.equal(await stores.identities.changeIdentity(change), 'done');
  });
  const { extant, closed } = await stores.identities.totals(poolId);
  assert.deepEqual([extant, closed], [40, 40]);
  assert.equal((await stores.organisation.factorUse(poolId)).byName.get('x'), 40);
});

test('a configuration’s next version waits for its writers, and what came late is stale', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId, domainId } = await layGround(stores);
  const raised = await Promise.all([
    times(40, () => stores.identities.insertIdentity(insertOf(poolId))),
    stores.organisation.transaction(async (tx) => {
      await tx.raiseConfigVersion(poolId);
      // Whoever relied on version 1 is done, and nobody new gets past the lock: the count cannot move.
      const before = (await tx.factorUse(poolId)).extant;
      await tx.poolsOfDomain(domainId);
      assert.equal((await tx.factorUse(poolId)).extant, before);
      return before;
    }),
  ]);
  const [outcomes, before] = raised;
  assert.equal(count(outcomes, 'done'), before);
  assert.equal(count(outcomes, 'stale'), 40 - before);
  assert.equal((await stores.identities.totals(poolId)).extant, before);
});

test('leases taken at once never exceed the limit, and use it up', async (t) => {
  const stores = await openStores(t, 8);
  const { poolId } = await layGround(stores);
  const other = testConnection(stores.database.url, { maxConnections: 8 });
  t.after(() => other.close());
  const sides = [stores.leases, storesOf(other).leases];
  const keyId = newId<KeyId>();
  const granted = await times(60, async (n) =>
    (sides[n % 2] ?? stores.leases).leaseRequests({ poolId, keyId, windowStart: AT, want: 7, limit: 100 }),
  );
  assert.equal(
    granted.reduce((sum, one) => sum + one.granted, 0),
    100,
  );
  assert.ok(granted.every((one) => one.granted >= 0 && one.granted <= 7));
  // Each lease is told where it left the window: no two that took something are told the same.
  const told = granted.filter((one) => one.granted > 0).map((one) => one.used);
  assert.equal(new Set(told).size, told.length);
  assert.equal(Math.max(...told), 100);
});

test('two transactions that lock the same rows in one order both come through', async (t) => {
  const stores = await openStores(t, 8);
  const ground = await layGround(stores);
  await times(20, (n) =>
    stores.organisation.transaction(async (tx) => {
      assert.equal(await tx.lock('domains', ground.domainId), true);
      assert.equal(await tx.lock('rulesets', ground.rulesetId), true);
      await tx.updateDomain(ground.domainId, { title: `Title ${n}` });
      await tx.record(stampFor(ground.poolId), {
        action: 'domain.updated',
        subjectId: ground.domainId,
        fields: [],
      });
    }),
  );
  assert.equal(await countRows(stores, 'audit_entries'), 20);
  assert.equal(await stores.organisation.lock('pools', newId()), false);
});
