import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { detailsOf, ID, newEmail, type PoolsApi, startPools } from '../../harness/pools.ts';

// Statements 4 to 6 are the generator's own: src/kit/ids.test.ts.

let api: PoolsApi;
before(async () => {
  api = await startPools();
});
after(() => api.close());

test('pools 7 every id below an account carries its characters 11 to 16', async () => {
  const partition = (id: string) => id.slice(10, 16);
  const idsBelow = async (accountId: string, key: string): Promise<string[]> => {
    const domain = detailsOf(await api.post('/domain', { account_id: accountId, title: 'D' }, { key }));
    const rules = { domain_id: domain.id, title: 'R', factors: [{ name: 'email', type: 'email' }] };
    const ruleset = detailsOf(await api.post('/ruleset', rules, { key }));
    const named = { domain_id: domain.id, ruleset_id: ruleset.id, title: 'P' };
    const pool = detailsOf(await api.post('/pool', named, { key }));
    const factors = [{ name: 'email', type: 'email', value: newEmail() }];
    const identity = detailsOf(await api.post('/identity', { pool_id: pool.id, factors }, { key }));
    const [{ nid, vid }] = identity.factors;
    for (const made of [ruleset, pool, identity]) {
      assert.equal(made.account_id, accountId);
      assert.equal(made.domain_id, domain.id);
    }
    assert.equal(pool.ruleset_id, ruleset.id);
    assert.equal(identity.pool_id, pool.id);
    return [domain.id, ruleset.id, pool.id, identity.id, nid, vid];
  };
  const other = await api.otherAccount();
  const partitions = new Set<string>();
  for (const { accountId, key } of [api.account, other]) {
    const ids = await idsBelow(accountId, key);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
      assert.match(id, ID);
      assert.equal(partition(id), partition(accountId));
    }
    partitions.add(partition(accountId));
  }
  assert.equal(partitions.size, 2);
});

test('ids sort in the order of creation, also when the clock steps back', async () => {
  const { poolId } = await api.createPool();
  const ids: string[] = [];
  for (const seconds of [0, 0, 1, -5, 0, 0.001, 3600, -3600, 0]) {
    api.clock.advance(seconds);
    ids.push((await api.createIdentity(poolId)).id);
  }
  assert.deepEqual(ids.toSorted(), ids);
});

test('nids of one value agree, vids never do', async () => {
  const { poolId } = await api.createPool();
  const backup = { name: 'backup', type: 'email', value: newEmail() };
  const vids = new Set<string>();
  const nids = new Set<string>();
  for (let index = 0; index < 4; index += 1) {
    const value = index % 2 === 0 ? backup.value : backup.value.toUpperCase();
    const factors = [
      { name: 'email', type: 'email', value: newEmail() },
      { ...backup, value },
    ];
    const { factors: made } = await api.createIdentity(poolId, { factors });
    nids.add(made[1].nid);
    vids.add(made[1].vid);
  }
  assert.equal(nids.size, 1);
  assert.equal(vids.size, 4);
});
