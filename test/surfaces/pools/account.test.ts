import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertError, detailsOf, type PoolsApi, startPools, unknownId, uuidOf } from '../../harness/pools.ts';

let api: PoolsApi;
before(async () => {
  api = await startPools();
});
after(() => api.close());

describe('200', () => {
  test('the key’s own account, with and without its id', async () => {
    const { accountId } = api.account;
    const own = detailsOf(await api.get('/account'));
    assert.deepEqual(own, { id: accountId, status: 'extant', title: 'Quickstart', type: 'account' });
    assert.deepEqual(detailsOf(await api.get(`/account/${accountId}`)), own);
  });

  test('any key may look, whatever its grants and environment', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['webhooks:read'] });
    detailsOf(await api.get('/account', { key }));
    detailsOf(await api.get(`/account/${api.account.accountId}`, { key: api.sandboxKey }));
  });
});

describe('404', () => {
  test('another account and an unknown one look the same', async () => {
    const other = await api.otherAccount();
    const foreign = await api.get(`/account/${other.accountId}`);
    const unknown = await api.get(`/account/${unknownId('account', api.account.accountId)}`);
    assertError(foreign, 404, 'not_found');
    assert.equal(unknown.status, 404);
    assert.equal(unknown.text, foreign.text);
  });

  test('accounts are neither made nor changed over HTTP', async () => {
    for (const [method, path] of [
      ['POST', '/account'],
      ['PUT', `/account/${api.account.accountId}`],
      ['DELETE', `/account/${api.account.accountId}`],
    ] as const) {
      assertError(await api.call(method, path, { body: { title: 'X' } }), 404, 'not_found');
    }
  });
});

describe('422', () => {
  test('malformed ids and ids of something else', async () => {
    assertError(await api.get('/account/x'), 422, 'invalid_value', 'account_id');
    const { domainId } = api.account;
    assertError(await api.get(`/account/${domainId}`), 422, 'unexpected_ref_type', 'account_id');
  });
});

test('under a deleted account nothing is made, changed or deleted, and everything is still shown', async () => {
  const { accountId, domainId, rulesetId, poolId, key } = await api.otherAccount();
  const factors = [{ name: 'email', type: 'email', value: 'a@x.com' }];
  const { id } = detailsOf(await api.post('/identity', { pool_id: poolId, factors }, { key }));
  // There is no operation for it: an operator's act.
  await api.server.sql(`update accounts set status = 'deleted' where id = $1`, [uuidOf(accountId)]);
  await api.server.sql('update pool_states set config_version = config_version + 1 where pool_id = $1', [
    uuidOf(poolId),
  ]);
  const refused = [
    await api.post('/domain', { account_id: accountId, title: 'D' }, { key }),
    await api.post('/ruleset', { domain_id: domainId, title: 'R', factors: [] }, { key }),
    await api.post('/pool', { domain_id: domainId, ruleset_id: rulesetId, title: 'P' }, { key }),
    await api.post('/identity', { pool_id: poolId, factors }, { key }),
    await api.put(`/identity/${id}`, { metadata: {} }, { key }),
    await api.delete(`/identity/${id}`, { key }),
  ];
  for (const reply of refused) assertError(reply, 409, 'invalid_action');
  assert.equal(detailsOf(await api.get('/account', { key })).status, 'deleted');
  const fetched = await api.get(`/identity/${id}`, { key });
  assert.deepEqual(fetched.body.actions, { update: false, delete: false });
  assert.equal((await api.get(`/identity?pool_id=${poolId}`, { key })).body.pagination.item_count, 1);
});
