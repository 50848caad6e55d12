import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  type PoolsApi,
  sharedDatabase,
  startPools,
  unknownId,
} from '../../harness/pools.ts';

let api: PoolsApi;
/** Every route, with an id of the right type in its path. */
let routes: (readonly [method: string, path: string])[];
before(async () => {
  api = await startPools();
  const { accountId, domainId, poolId, rulesetId } = api.account;
  const identity = `/identity/${unknownId('identity', poolId)}`;
  const whole = (path: string) => ['GET', 'PUT', 'DELETE'].map((method) => [method, path] as const);
  routes = [
    ['GET', '/account'],
    ['GET', `/account/${accountId}`],
    ...['/domain', '/ruleset', '/pool', '/identity'].flatMap((path) => [
      ['GET', path] as const,
      ['POST', path] as const,
    ]),
    ...whole(`/domain/${domainId}`),
    ...whole(`/ruleset/${rulesetId}`),
    ...whole(`/pool/${poolId}`),
    ...whole(identity),
    ['POST', `${identity}/interaction`],
    ['POST', '/bulk'],
  ];
});
after(() => api.close());

const look = (headers: Record<string, string>) => api.get('/account', { key: null, headers });
/** Moves past the two seconds for which a key's record may be held. */
const forget = () => api.clock.advance(2);

describe('200', () => {
  test('a key is taken from each of the three headers, and the same one from several', async () => {
    const { key } = api.account;
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { 'x-api-key': key },
      { apikey: key },
      { authorization: `Bearer ${key}`, 'x-api-key': key, apikey: key },
    ]) {
      detailsOf(await look(headers));
    }
  });

  test('a suspended key works again once resumed', async () => {
    const { id, secret: key } = await api.server.createKey();
    await api.server.changeKey(id, 'suspend');
    assertError(await api.get('/account', { key }), 401, 'bad_authtoken');
    await api.server.changeKey(id, 'resume');
    forget();
    detailsOf(await api.get('/account', { key }));
  });

  test('allowed addresses: only from there', async () => {
    const { secret: here } = await api.server.createKey({ allowedAddresses: ['10.0.0.0/8', '127.0.0.0/8'] });
    detailsOf(await api.get('/account', { key: here }));
    const { secret: elsewhere } = await api.server.createKey({ allowedAddresses: ['10.0.0.0/8', '::1'] });
    assertError(await api.get('/account', { key: elsewhere }), 403, 'not_permitted');
    // What a stranger says about where he is does not count.
    const headers = { 'x-forwarded-for': '10.0.0.1' };
    assertError(await api.get('/account', { key: elsewhere, headers }), 403, 'not_permitted');
  });

  test('behind a trusted proxy the client’s address is the one that must be allowed', async () => {
    await using proxied = await startPools({ environment: { SELFSAME_SERVER_TRUSTED_PROXIES: '127.0.0.1' } });
    const { secret: key } = await proxied.server.createKey({ allowedAddresses: ['10.0.0.0/8'] });
    detailsOf(await proxied.get('/account', { key, headers: { 'x-forwarded-for': '10.0.0.1' } }));
    const reply = await proxied.get('/account', { key, headers: { 'x-forwarded-for': '11.0.0.1' } });
    assertError(reply, 403, 'not_permitted');
  });

  test('the time of last use is written down, at the latest when the server ends', async () => {
    const shared = await sharedDatabase();
    const first = await startPools({ environment: shared.environment });
    const used = await first.server.createKey();
    const unused = await first.server.createKey();
    detailsOf(await first.get('/account', { key: used.secret }));
    first.clock.advance(90);
    detailsOf(await first.get('/account', { key: used.secret }));
    const at = first.clock.now();
    await first.close();
    const rows = await shared.sql<{ key_id: string; last_used_at: Date }>('select * from key_uses');
    assert.equal(rows.find((row) => row.key_id === used.id)?.last_used_at.getTime(), at.getTime());
    assert.ok(!rows.some((row) => row.key_id === unused.id));
    await shared.close();
  });
});

describe('401', () => {
  test('pools 1 without a key every operation answers not_authenticated', async () => {
    for (const [method, path] of routes) {
      for (const body of method === 'POST' || method === 'PUT' ? ['{', undefined] : [undefined]) {
        assertError(await api.call(method, path, { key: null, body }), 401, 'not_authenticated');
      }
    }
  });

  test('pools 2 unknown, expired, suspended and revoked keys: bad_authtoken everywhere, all alike', async () => {
    const { key: live } = api.account;
    const expiring = await api.server.createKey({ expiresAt: new Date(api.clock.now().getTime() + 60_000) });
    const suspended = await api.server.createKey();
    const revoked = await api.server.createKey();
    for (const { secret: key } of [expiring, suspended, revoked])
      detailsOf(await api.get('/account', { key }));
    await api.server.changeKey(suspended.id, 'suspend');
    await api.server.changeKey(revoked.id, 'revoke');
    await api.server.changeKey(revoked.id, 'resume');
    api.clock.advance(60);
    const swapped = `${live.slice(0, -1)}${live.endsWith('0') ? '1' : '0'}`;
    const bad = [
      ...[expiring.secret, suspended.secret, revoked.secret, swapped, 'x', 'vk_live_', `${live}0`],
      ...[live.toUpperCase(), live.replace('live', 'sandbox'), `vk_live_${'0'.repeat(58)}`],
    ];
    const texts = new Set<string>();
    for (const key of bad) {
      for (const [method, path] of routes) {
        const body = method === 'POST' || method === 'PUT' ? '{' : undefined;
        const reply = await api.call(method, path, { key, body });
        assertError(reply, 401, 'bad_authtoken');
        texts.add(reply.text);
        if (bad.indexOf(key) > 3) break;
      }
    }
    assert.equal(texts.size, 1, 'the answer does not tell why');
  });

  test('a held record outlives a revocation by two seconds at most', async () => {
    const { id, secret: key } = await api.server.createKey();
    detailsOf(await api.get('/account', { key }));
    await api.server.changeKey(id, 'revoke');
    forget();
    assertError(await api.get('/account', { key }), 401, 'bad_authtoken');
  });

  test('an expiry holds at once', async () => {
    const { secret: key } = await api.server.createKey({
      expiresAt: new Date(api.clock.now().getTime() + 1000),
    });
    api.clock.advance(0.5);
    detailsOf(await api.get('/account', { key }));
    api.clock.advance(0.5);
    assertError(await api.get('/account', { key }), 401, 'bad_authtoken');
  });

  test('other schemes, empty values and two different keys are refused', async () => {
    const { key } = api.account;
    const { secret: other } = await api.server.createKey();
    for (const headers of [
      { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` },
      { authorization: key },
      { authorization: 'Bearer' },
      { authorization: `Bearer ${key} ${key}` },
      { 'x-api-key': '' },
      { 'x-api-key': `${key}, ${key}` },
      { authorization: `Bearer ${key}`, 'x-api-key': other },
      { 'x-api-key': key, apikey: other },
      { authorization: 'Basic x', apikey: key },
    ]) {
      assertError(await look(headers), 401, 'bad_authtoken');
    }
  });
});

describe('403', () => {
  test('each operation wants its grant, and says so before it looks at anything', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['webhooks:read'] });
    for (const [method, path] of routes) {
      const isIdentity = path.startsWith('/identity');
      if (path === '/bulk' || (method === 'GET' && !isIdentity)) continue;
      const body = method === 'POST' || method === 'PUT' ? '{' : undefined;
      assertError(await api.call(method, path, { key, body }), 403, 'not_permitted');
    }
    assertError(await api.put('/identity/x', '{', { key }), 403, 'not_permitted');
  });
});

describe('429', () => {
  test('a key’s limit is per minute, with Retry-After, and counts what is refused', async () => {
    const { secret: key } = await api.server.createKey({ requestsPerMinute: 3, grants: ['identities:read'] });
    const { secret: other } = await api.server.createKey({ requestsPerMinute: 3 });
    detailsOf(await api.get('/account', { key }));
    assertError(await api.post('/domain', {}, { key }), 403, 'not_permitted');
    assertError(await api.get('/account/x', { key }), 422, 'invalid_value');
    const refused = await api.get('/account', { key });
    assertError(refused, 429, 'not_permitted');
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 60);
    detailsOf(await api.get('/account', { key: other }));
    api.clock.advance(seconds - 1);
    if (seconds > 1) assertError(await api.get('/account', { key }), 429, 'not_permitted');
    api.clock.advance(1);
    detailsOf(await api.get('/account', { key }));
  });

  test('of many at once no more than the limit pass', async () => {
    const { secret: key } = await api.server.createKey({ requestsPerMinute: 10 });
    const replies = await Promise.all(Array.from({ length: 30 }, () => api.get('/account', { key })));
    assert.equal(replies.filter((reply) => reply.status === 200).length, 10);
    assert.equal(replies.filter((reply) => reply.status === 429).length, 20);
  });
});

test('two processes on one database agree on keys and limits', async () => {
  const shared = await sharedDatabase();
  const environment = { ...shared.environment, SELFSAME_ROOT_KEY: randomBytes(32).toString('base64') };
  const one = await startPools({ environment });
  const two = await startPools({ environment, clock: one.clock });
  const { id, secret: key } = await one.server.createKey({ requestsPerMinute: 10 });
  detailsOf(await two.get('/account', { key }));
  const replies = [];
  for (let round = 0; round < 15; round += 1) {
    replies.push(await one.get('/account', { key }), await two.get('/account', { key }));
  }
  const passed = replies.filter((reply) => reply.status === 200).length + 1;
  assert.ok(passed >= 9 && passed <= 11, `${passed} of 10 passed`);
  one.clock.advance(60);
  detailsOf(await two.get('/account', { key }));
  await one.server.changeKey(id, 'revoke');
  one.clock.advance(2);
  assertError(await two.get('/account', { key }), 401, 'bad_authtoken');
  const { poolId } = await one.createPool([{ name: 'email', type: 'email' }]);
  const options = { key: one.account.key };
  const send = (from: PoolsApi) => {
    const factors = [{ name: 'email', type: 'email', value: 'same@example.com' }];
    return from.post('/identity', { pool_id: poolId, factors }, options);
  };
  const made = await Promise.all([send(one), send(two), send(one), send(two)]);
  assert.deepEqual(made.map((reply) => reply.status).sort(), [200, 422, 422, 422]);
  await one.close();
  await two.close();
  await shared.close();
});
