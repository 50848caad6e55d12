import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  assertKeys,
  checkError,
  detailsOf,
  newEmail,
  type PoolsApi,
  startPools,
  unknownId,
} from '../../harness/pools.ts';

let api: PoolsApi;
let pool: string;
before(async () => {
  api = await startPools();
  pool = (await api.createPool()).poolId;
});
after(() => api.close());

test('pools 3 every failure is status, a listed code and a message, plus errors for fields', async () => {
  const { id } = await api.createIdentity(pool);
  detailsOf(await api.delete(`/identity/${id}`));
  const { secret: reader } = await api.server.createKey({ grants: ['identities:read'] });
  const { secret: slow } = await api.server.createKey({ requestsPerMinute: 1 });
  await api.get('/account', { key: slow });
  // `api` checks each reply's envelope, code and status already; here its exact keys.
  for (const [code, reply, hasFields] of [
    ['bad_request', await api.post('/identity', '{'), false],
    ['bad_request', await api.post('/identity', { metadata: { a: 'x'.repeat(2 ** 20) } }), false],
    ['bad_authtoken', await api.get('/account', { key: 'x' }), false],
    ['not_authenticated', await api.get('/account', { key: null }), false],
    ['not_permitted', await api.post('/domain', {}, { key: reader }), false],
    ['not_permitted', await api.get('/account', { key: slow }), false],
    ['not_found', await api.get(`/identity/${unknownId('identity', pool)}`), false],
    ['not_found', await api.get('/identity/x/y/z'), false],
    ['unexpected_ref_type', await api.get(`/identity/${pool}`), true],
    ['invalid_action', await api.delete(`/identity/${id}`), false],
    ['invalid_value', await api.get('/identity/x'), true],
    ['required_value', await api.get('/identity'), true],
  ] as const) {
    assertKeys(reply.body, ['status', 'code', 'message', ...(hasFields ? ['errors'] : [])], code);
    assert.equal(reply.body.code, code);
    checkError(reply.body, code);
  }
});

describe('400', () => {
  test('pools 32 what is no JSON object is a bad request, on every route that reads one', async () => {
    const { id } = await api.createIdentity(pool);
    const before = await api.identity(id);
    const { domainId, rulesetId } = api.account;
    for (const body of [
      '{',
      '[]',
      '[{}]',
      '"x"',
      '5',
      'null',
      'true',
      '{"a":1}x',
      '\u0000',
      "{'a':1}",
      ' ',
    ]) {
      for (const path of [
        '/identity',
        '/domain',
        '/ruleset',
        '/pool',
        '/bulk',
        `/identity/${id}/interaction`,
      ]) {
        assertError(await api.post(path, body), 400, 'bad_request');
      }
      for (const path of [
        `/identity/${id}`,
        `/domain/${domainId}`,
        `/ruleset/${rulesetId}`,
        `/pool/${pool}`,
      ]) {
        assertError(await api.put(path, body), 400, 'bad_request');
      }
    }
    assert.deepEqual(await api.identity(id), before);
  });

  test('a body is needed, where one is', async () => {
    assertError(await api.call('POST', '/identity'), 400, 'bad_request');
    assertError(await api.call('PUT', `/identity/${unknownId('identity', pool)}`), 400, 'bad_request');
  });

  test('only application/json is read; parameters of it are tolerated', async () => {
    const body = () => ({ pool_id: pool, factors: [{ name: 'email', type: 'email', value: newEmail() }] });
    const send = (type: string) => api.post('/identity', body(), { headers: { 'content-type': type } });
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset=UTF-8',
    ]) {
      detailsOf(await send(type));
    }
    for (const type of ['text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', 'x']) {
      assertError(await send(type), 400, 'bad_request');
    }
    const packed = await api.post('/identity', body(), { headers: { 'content-encoding': 'gzip' } });
    assertError(packed, 400, 'bad_request');
  });

  test('invalid UTF-8 and too deep a nesting are refused', async () => {
    const response = await fetch(`${api.server.url}/api/v1/identity`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.account.key}`, 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });
    assert.equal(response.status, 400);
    checkError(JSON.parse(await response.text()), 'invalid UTF-8');
    const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;
    assertError(await api.post('/identity', deep), 400, 'bad_request');
    assertError(await api.post('/identity', '['.repeat(100_000)), 400, 'bad_request');
  });

  test('keys that would reach into objects are harmless', async () => {
    const factors = JSON.stringify([{ name: 'email', type: 'email', value: newEmail() }]);
    const text = `{"__proto__":{"pool_id":"x","admin":true},"pool_id":"${pool}","factors":${factors},"metadata":{"constructor":"c","__proto__":{"x":"y"}}}`;
    assert.deepEqual(detailsOf(await api.post('/identity', text)).metadata, { constructor: 'c' });
  });
});

describe('404', () => {
  test('a path or method that is no route is not found, in this envelope, with or without a key', async () => {
    for (const [method, path] of [
      ['GET', '/identity/x/y'],
      ['PATCH', '/identity'],
      ['POST', `/identity/${unknownId('identity', pool)}`],
      ['GET', '/bulk'],
      ['PUT', '/pool'],
      ['GET', '/account/x/y'],
    ] as const) {
      for (const key of [api.account.key, null])
        assertError(await api.call(method, path, { key }), 404, 'not_found');
    }
  });

  test('a path that no surface owns is problem JSON', async () => {
    const reply = await api.server.call('GET', '/api/v1/nothing');
    assert.equal(reply.status, 404);
    assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
  });
});

describe('413', () => {
  test('a body above the limit is refused, declared or not; one below it is read', async () => {
    await using small = await startPools({ environment: { SELFSAME_SERVER_BODY_BYTES_MAX: '1024' } });
    const body = (size: number) => ({ pool_id: small.account.poolId, unknown: 'x'.repeat(size) });
    assertError(await small.post('/identity', body(500)), 422, 'required_value');
    assertError(await small.post('/identity', body(1024)), 413, 'bad_request');
    const streamed = await fetch(`${small.server.url}/api/v1/identity`, {
      method: 'POST',
      headers: { authorization: `Bearer ${small.account.key}`, 'content-type': 'application/json' },
      body: new Blob(['{"a":"', 'x'.repeat(5000), '"}']).stream(),
      duplex: 'half',
    } as RequestInit);
    assert.equal(streamed.status, 413);
    checkError(JSON.parse(await streamed.text()), 'streamed');
    assertError(await small.post('/identity', body(1024), { key: null }), 401, 'not_authenticated');
  });
});

describe('500', () => {
  test('pools 55 a fault inside is answered in general words, and neither reply nor log holds a value', async () => {
    await using broken = await startPools();
    const { poolId } = broken.account;
    const { id } = await broken.createIdentity(poolId);
    const secret = 'canary-7f3a@example.com';
    const factors = [{ name: 'email', type: 'email', value: secret }];
    const metadata = { canary: 'canary-value-91c2' };
    await broken.server.sql('alter table identities rename to elsewhere');
    const expected = { status: 'error', code: 'unexpected', message: 'An internal error occurred.' };
    for (const reply of [
      await broken.post('/identity', { pool_id: poolId, factors, metadata }),
      await broken.post('/identity', {
        pool_id: poolId,
        factors,
        metadata,
        idempotency_key: 'canary-key-55',
      }),
      await broken.put(`/identity/${id}`, { factors, metadata }),
      await broken.get(`/identity/${id}`),
      await broken.get(`/identity?pool_id=${poolId}&sorting=title`),
      await broken.delete(`/identity/${id}`),
      await broken.post(`/identity/${id}/interaction`, { user_agent: 'canary-agent-33' }),
    ]) {
      assertError(reply, 500, 'unexpected');
      assert.deepEqual(reply.body, expected);
    }
    await broken.server.sql('alter table elsewhere rename to identities');
    await broken.server.sql('alter table rulesets rename to elsewhere');
    const rules = { domain_id: broken.account.domainId, title: 'canary-title-12', factors: [] };
    assert.deepEqual((await broken.post('/ruleset', rules)).body, expected);
    await broken.server.sql('alter table elsewhere rename to rulesets');
    // PostgreSQL quotes the whole row in the message of this one.
    await broken.server.sql(`alter table domains add constraint picky check (title not like 'canary%')`);
    const domain = { account_id: broken.account.accountId, title: 'canary-title-34' };
    assert.deepEqual((await broken.post('/domain', domain)).body, expected);
    detailsOf(await broken.post('/identity', { pool_id: poolId, factors, metadata }));
    await broken.close();
    const logs = broken.server.logs();
    assert.ok(logs.includes('fault'), 'an operator sees it');
    assert.ok(!/canary|example\.com/.test(logs), 'and nothing that was sent');
    assert.ok(!logs.includes(broken.account.key.slice(-32)), 'no key either');
  });

  test('a fault in the middle of a create leaves nothing behind', async () => {
    await using broken = await startPools();
    const { poolId } = await broken.createPool();
    const body = { pool_id: poolId, factors: [{ name: 'email', type: 'email', value: 'a@x.com' }] };
    for (const table of ['outbox', 'audit_entries', 'tallies', 'identity_keys', 'identifiers']) {
      await broken.server.sql(`alter table ${table} rename to elsewhere`);
      assertError(await broken.post('/identity', body), 500, 'unexpected');
      await broken.server.sql(`alter table elsewhere rename to ${table}`);
    }
    assert.equal((await broken.get(`/identity?pool_id=${poolId}`)).body.pagination.item_count, 0);
    const rows = await broken.server.sql<{ n: string }>('select count(*) as n from identities');
    assert.equal(Number(rows[0]?.n), 0);
    detailsOf(await broken.post('/identity', body));
  });
});

describe('order of checks', () => {
  test('route, key, permission, body, id, look-up, state, fields', async () => {
    const { secret: reader } = await api.server.createKey({ grants: ['identities:read', 'account'] });
    const { id } = await api.createIdentity(pool);
    const wrong = { metadata: { a: 1 } };
    assertError(await api.call('PATCH', '/identity', { key: null, body: '{' }), 404, 'not_found');
    assertError(await api.put('/identity/x', '{', { key: null }), 401, 'not_authenticated');
    assertError(await api.put('/identity/x', '{', { key: reader }), 403, 'not_permitted');
    assertError(await api.put('/identity/x', '{'), 400, 'bad_request');
    assertError(await api.put('/identity/x', wrong), 422, 'invalid_value', 'identity_id');
    assertError(await api.put(`/identity/${unknownId('identity', pool)}`, wrong), 404, 'not_found');
    detailsOf(await api.delete(`/identity/${id}`));
    assertError(await api.put(`/identity/${id}`, wrong), 409, 'invalid_action');
    const { domainId, poolId } = api.account;
    const extant = await api.createIdentity(poolId);
    const twice = { factors: [{ name: 'email', type: 'email', value: extant.title }], metadata: { a: 1 } };
    const fields = await api.post('/identity', { pool_id: poolId, ...twice });
    assertError(fields, 422, 'invalid_value', 'metadata.a');
    assert.deepEqual(Object.keys(fields.body.errors), ['metadata.a'], 'uniqueness comes last');
    assertError(await api.put(`/domain/${domainId}x`, { title: 1 }), 422, 'invalid_value', 'domain_id');
  });

  test('details that are no object are a field’s problem', async () => {
    const { id } = await api.createIdentity(pool);
    for (const details of [5, 'x', [], null]) {
      assertError(await api.put(`/identity/${id}`, { details }), 400, 'bad_request');
      assertError(await api.post('/identity', { details }), 400, 'bad_request');
    }
  });
});

test('the request id is echoed where it is well formed, else made', async () => {
  const echo = async (sent: string) =>
    (await api.get('/account', { headers: { 'x-request-id': sent } })).headers.get('x-request-id');
  for (const id of ['abc-1', 'A._-9', 'x'.repeat(128)]) assert.equal(await echo(id), id);
  for (const id of ['a b', 'x'.repeat(129), 'a"b', '{}'])
    assert.match((await echo(id)) ?? '', /^[0-9a-f-]{36}$/);
  const refused = await api.get('/account', { key: null, headers: { 'x-request-id': 'refused' } });
  assert.equal(refused.headers.get('x-request-id'), 'refused');
});

test('replies are never cached and never sniffed', async () => {
  for (const reply of [await api.get('/account'), await api.get('/identity')]) {
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  }
});
