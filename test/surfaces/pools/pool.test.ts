import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  emailFactor,
  type Json,
  newEmail,
  type PoolsApi,
  type Shown,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

let api: PoolsApi;
let domainId: string;
let rulesetId: string;
before(async () => {
  api = await startPools();
  ({ domainId, rulesetId } = api.account);
});
after(() => api.close());

const create = (body: Json = {}, key = api.account.key) =>
  api.post('/pool', { domain_id: domainId, ruleset_id: rulesetId, title: 'P', ...body }, { key });

describe('200', () => {
  test('create, fetch, change', async () => {
    const made = detailsOf(await create());
    assert.deepEqual(made, {
      ...{ id: made.id, account_id: api.account.accountId, domain_id: domainId, ruleset_id: rulesetId },
      ...{ title: 'P', status: 'extant', type: 'pool' },
    });
    assert.deepEqual(detailsOf(await api.get(`/pool/${made.id}`)), made);
    for (const body of [{}, { title: null, ruleset_id: null }, { details: { ruleset_id: rulesetId } }]) {
      assert.deepEqual(detailsOf(await api.put(`/pool/${made.id}`, body)), made);
    }
    const next = await api.createRuleset([{ name: 'login', type: 'username' }]);
    const changed = detailsOf(await api.put(`/pool/${made.id}`, { title: 'Q', ruleset_id: next }));
    assert.deepEqual(changed, { ...made, title: 'Q', ruleset_id: next });
    const factors = [{ name: 'login', type: 'username', value: 'ada' }];
    detailsOf(await api.post('/identity', { pool_id: made.id, factors }));
  });

  test('pools are independent: one e-mail in two pools of one ruleset is two identities', async () => {
    const [one, other] = [detailsOf(await create()), detailsOf(await create())];
    const email = newEmail();
    const [here, there] = [
      await api.createIdentity(one.id, { email }),
      await api.createIdentity(other.id, { email }),
    ];
    assert.notEqual(here.id, there.id);
    assert.notEqual(here.factors[0].nid, there.factors[0].nid);
    assert.equal((await api.get(`/identity?pool_id=${one.id}`)).body.pagination.item_count, 1);
  });

  test('a pool whose identities fit the next ruleset may change to it', async () => {
    const { poolId } = await api.createPool();
    const email = newEmail();
    const { id } = await api.createIdentity(poolId, { email });
    const next = await api.createRuleset([
      { name: 'login', type: 'username' },
      { name: 'email', type: 'email', required: true, claim: 'mail' },
    ]);
    detailsOf(await api.put(`/pool/${poolId}`, { ruleset_id: next }));
    assert.deepEqual((await api.identity(id)).claims, { mail: email });
    const taken = { pool_id: poolId, factors: [emailFactor(email)] };
    assertError(await api.post('/identity', taken), 422, 'invalid_value', 'factors[0].value');
  });

  test('listed within its domain and the key’s environment', async () => {
    const domain = detailsOf(await api.post('/domain', { account_id: api.account.accountId, title: 'D' })).id;
    const rules = await api.createRuleset([], domain);
    const named = (title: string) => ({ domain_id: domain, ruleset_id: rules, title });
    const ids = [detailsOf(await create(named('b'))).id, detailsOf(await create(named('a'))).id];
    const sandbox = detailsOf(await create(named('c'), api.sandboxKey)).id;
    const list = async (query = '', key = api.account.key) =>
      (await api.get(`/pool?domain_id=${domain}${query}`, { key })).body.summaries.map(
        (pool: Shown) => pool.id,
      );
    assert.deepEqual(await list(), ids);
    assert.deepEqual(await list('&sorting=title'), ids.toReversed());
    assert.deepEqual(await list('', api.sandboxKey), [sandbox]);
    assertError(await api.get(`/pool/${sandbox}`), 404, 'not_found');
    assertError(await api.get(`/pool/${ids[0]}`, { key: api.sandboxKey }), 404, 'not_found');
    assertError(await api.put(`/pool/${ids[0]}`, {}, { key: api.sandboxKey }), 404, 'not_found');
    assertError(await api.delete(`/pool/${ids[0]}`, { key: api.sandboxKey }), 404, 'not_found');
  });

  test('a key without the account grant sees its own pool only', async () => {
    const made = detailsOf(await create());
    const { secret: key } = await api.server.createKey({ grants: ['identities:read'] });
    detailsOf(await api.get(`/pool/${api.account.poolId}`, { key }));
    assertError(await api.get(`/pool/${made.id}`, { key }), 404, 'not_found');
    const { summaries } = (await api.get(`/pool?domain_id=${domainId}`, { key })).body;
    assert.deepEqual(
      summaries.map((pool: Shown) => pool.id),
      [api.account.poolId],
    );
  });

  test('a deleted pool is still shown and listed', async () => {
    const made = detailsOf(await create());
    assert.deepEqual(detailsOf(await api.delete(`/pool/${made.id}`)), { ...made, status: 'deleted' });
    assert.equal(detailsOf(await api.get(`/pool/${made.id}`)).status, 'deleted');
    const { summaries } = (await api.get(`/pool?domain_id=${domainId}&sorting=id:desc`)).body;
    assert.deepEqual([summaries[0].id, summaries[0].status], [made.id, 'deleted']);
  });
});

describe('403, 404', () => {
  test('changing needs the account grant', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'identities:write'] });
    assertError(await create({}, key), 403, 'not_permitted');
    assertError(await api.put(`/pool/${api.account.poolId}`, {}, { key }), 403, 'not_permitted');
    assertError(await api.delete(`/pool/${api.account.poolId}`, { key }), 403, 'not_permitted');
  });

  test('another account’s pools look like unknown ones', async () => {
    const other = await api.otherAccount();
    const unknown = unknownId('pool', domainId);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', {}],
      ['DELETE', undefined],
    ] as const) {
      const foreign = await api.call(method, `/pool/${other.poolId}`, { body });
      assertError(foreign, 404, 'not_found');
      assert.equal((await api.call(method, `/pool/${unknown}`, { body })).text, foreign.text);
    }
    assertError(await create({ domain_id: other.domainId }), 404, 'not_found');
    assertError(await create({ ruleset_id: other.rulesetId }), 404, 'not_found');
    assertError(await create({ ruleset_id: unknownId('ruleset', domainId) }), 404, 'not_found');
    const put = await api.put(`/pool/${api.account.poolId}`, { ruleset_id: other.rulesetId });
    assertError(put, 404, 'not_found');
    assertError(await api.get(`/pool?domain_id=${other.domainId}`), 404, 'not_found');
  });
});

describe('409', () => {
  test('a pool does not change to a ruleset that would break an identity', async () => {
    const { poolId, rulesetId: before } = await api.createPool();
    await api.createIdentity(poolId);
    for (const factors of [
      [{ name: 'other', type: 'email' }],
      [{ name: 'email', type: 'username' }],
      [{ name: 'email', type: 'email', attribute: 'email' }],
      [
        { name: 'email', type: 'email' },
        { name: 'backup', type: 'email', identifier: false, required: true },
      ],
    ]) {
      const next = await api.createRuleset(factors);
      const reply = await api.put(`/pool/${poolId}`, { title: 'New', ruleset_id: next });
      assertError(reply, 409, 'invalid_action');
    }
    const { ruleset_id, title } = detailsOf(await api.get(`/pool/${poolId}`));
    assert.deepEqual([ruleset_id, title], [before, 'Pool']);
  });

  test('a deleted ruleset is not taken', async () => {
    const gone = await api.createRuleset([]);
    detailsOf(await api.delete(`/ruleset/${gone}`));
    assertError(await create({ ruleset_id: gone, title: 1 }), 409, 'invalid_action');
    const { poolId } = await api.createPool();
    assertError(await api.put(`/pool/${poolId}`, { ruleset_id: gone }), 409, 'invalid_action');
  });

  test('a deleted pool is not changed and not deleted again', async () => {
    const { poolId } = await api.createPool();
    detailsOf(await api.delete(`/pool/${poolId}`));
    assertError(await api.delete(`/pool/${poolId}`), 409, 'invalid_action');
    assertError(await api.put(`/pool/${poolId}`, { title: 1 }), 409, 'invalid_action');
  });
});

describe('422', () => {
  test('all three fields are needed and checked', async () => {
    const reply = await api.post('/pool', {});
    for (const field of ['domain_id', 'ruleset_id', 'title']) {
      assertError(reply, 422, 'required_value', field);
      assertError(await create({ [field]: null }), 422, 'required_value', field);
      assertError(await create({ [field]: '' }), 422, 'invalid_value', field);
    }
    assertError(await create({ domain_id: rulesetId }), 422, 'unexpected_ref_type', 'domain_id');
    assertError(await create({ ruleset_id: domainId }), 422, 'unexpected_ref_type', 'ruleset_id');
    assertError(await create({ title: 'x'.repeat(201) }), 422, 'invalid_value', 'title');
    const own = `/pool/${api.account.poolId}`;
    assertError(await api.put(own, { title: 1 }), 422, 'invalid_value', 'title');
    assertError(await api.put(own, { ruleset_id: 'x' }), 422, 'invalid_value', 'ruleset_id');
    assertError(await api.put(own, { ruleset_id: domainId }), 422, 'unexpected_ref_type', 'ruleset_id');
  });

  test('the ruleset must be of the pool’s domain', async () => {
    const domain = detailsOf(await api.post('/domain', { account_id: api.account.accountId, title: 'D' })).id;
    const elsewhere = await api.createRuleset([], domain);
    assertError(await create({ ruleset_id: elsewhere }), 422, 'invalid_value', 'ruleset_id');
    const put = await api.put(`/pool/${api.account.poolId}`, { ruleset_id: elsewhere });
    assertError(put, 422, 'invalid_value', 'ruleset_id');
  });

  test('ids in paths and queries', async () => {
    assertError(await api.get('/pool'), 422, 'required_value', 'domain_id');
    assertError(await api.get(`/pool?domain_id=${rulesetId}`), 422, 'unexpected_ref_type', 'domain_id');
    assertError(await api.get('/pool/x'), 422, 'invalid_value', 'pool_id');
    assertError(await api.get(`/pool/${domainId}`), 422, 'unexpected_ref_type', 'pool_id');
  });
});

test('each change writes one audit entry and one event', async () => {
  let id = '';
  const next = await api.createRuleset([]);
  const changes = await api.changesOf(async () => {
    ({ id } = detailsOf(await create()));
    await api.put(`/pool/${id}`, { title: 'T', ruleset_id: next });
    await api.put(`/pool/${id}`, {});
    await api.delete(`/pool/${id}`);
  });
  assert.deepEqual(
    changes.map(({ action, subject_id, fields }) => [action, subject_id, fields]),
    [
      ['pool.created', uuidOf(id), ['domain_id', 'ruleset_id', 'title']],
      ['pool.updated', uuidOf(id), ['title', 'ruleset_id']],
      ['pool.deleted', uuidOf(id), ['status']],
    ],
  );
});
