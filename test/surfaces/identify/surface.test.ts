import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  NO_LOGIN,
  newEmail,
  PASSWORD,
  startIdentify,
} from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const APP = 'https://app.example.com';
const raw = (path: string, init: RequestInit) => fetch(`${api.server.url}${path}`, init);

test('identify 1: every success has its result, its message and its data', async () => {
  const { accessToken: token } = await api.newcomer({ deviceId: DEVICE });
  for (const reply of [
    await api.get('/v1/user', EMAIL, { token }),
    await api.get('/v1/user/check', { ...EMAIL, deviceId: DEVICE }, { token }),
    await api.put('/v1/user', { ...EMAIL, data: { nickname: 'Ada' } }, { token }),
    await api.post('/v1/user/logout', EMAIL, { token }),
  ]) {
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(Object.keys(reply.body), ['result', 'message', 'data']);
    assert.strictEqual(reply.body.result, 1);
  }
});

test('identify 2: every failure has the same envelope, on paths that there are not, too', async () => {
  assertRefused(await api.get('/v1/user/nothing', {}), 404, 'not_found');
  assertRefused(await api.get('/v1/user/game-profile', {}), 404, 'not_found');
  assertRefused(
    await api.get('/v1/user/check', {}, { projectId: null }),
    400,
    'validation_error',
    'projectId',
  );
});

test('identify 3: both addresses answer alike, and so do doubled slashes', async () => {
  const { accessToken: token } = await api.newcomer();
  const [one, ...others] = await Promise.all(
    ['/v1/user', '/user', '//v1/user', '//user', '/v1//user'].map(async (path) => {
      const query = new URLSearchParams({ ...EMAIL, projectId: api.projectId });
      const url = new URL(api.server.url);
      const reply = await fetch(`${url.origin}${path}?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      assert.equal(reply.status, 200, path);
      return reply.json();
    }),
  );
  for (const other of others) assert.deepEqual(other, one);
  assertRefused(await api.get('/v2/user', EMAIL, { token }), 404, 'not_found');
});

test('identify 4: the scheme of the header may be in any case', async () => {
  const { accessToken } = await api.newcomer();
  for (const scheme of ['bearer', 'Bearer', 'BEARER'])
    assert.equal(
      (await api.get('/v1/user', EMAIL, { headers: { authorization: `${scheme} ${accessToken}` } })).status,
      200,
    );
});

test('identify 5: without a token nothing is shown', async () => {
  assertRefused(await api.get('/v1/user', EMAIL), 401, 'missing_token');
  for (const authorization of ['', 'Bearer', 'Bearer   '])
    assertRefused(await api.get('/v1/user', EMAIL, { headers: { authorization } }), 401, 'missing_token');
  assertRefused(
    await api.get('/v1/user', EMAIL, { headers: { authorization: 'Basic eA==' } }),
    401,
    'invalid_token',
  );
});

test('identify 6: a project is a UUID, and one that there is', async () => {
  assertInvalid(await api.get('/v1/user', { ...EMAIL, projectId: 'mine' }), 'projectId');
  assertInvalid(await api.post('/v1/user', EMAIL, { projectId: null }), 'projectId');
  const unknown = 'a69a31e9-f2e6-4d5f-b080-6138c6a721b7';
  assertRefused(await api.get('/v1/user', { ...EMAIL, projectId: unknown }), 404, 'project_not_found');
  assert.equal(
    (await api.post('/v1/user', NO_LOGIN, { projectId: api.projectId.toUpperCase() })).status,
    200,
  );
});

test('identify 7: a strategy has its own providers', async () => {
  for (const pair of [
    { strategy: 'simplified', provider: 'awsCognito' },
    { strategy: 'email', provider: 'noLogin' },
    { strategy: 'email', provider: 'AwsCognito' },
    { strategy: 'email', provider: '__proto__' },
    { strategy: 'magic' },
  ])
    assertRefused(await api.get('/v1/user', pair), 400, 'unsupported_provider');
  assertInvalid(await api.get('/v1/user', {}), 'strategy');
});

test('identify 8: a provider that the project has not enabled is refused, at once', async () => {
  assertRefused(
    await api.get('/v1/user', { strategy: 'email', provider: 'authZero' }),
    400,
    'provider_not_enabled',
  );
  const { accessToken: token } = await api.newcomer({ pair: { strategy: 'email', provider: 'local' } });
  const local = { strategy: 'email', provider: 'local' };
  assert.equal((await api.get('/v1/user', local, { token })).status, 200);
  await api.server.configureIdentify({ providers: { local: { enabled: false } } });
  assertRefused(await api.get('/v1/user', local, { token }), 400, 'provider_not_enabled');
  await api.server.configureIdentify({ providers: { local: null } });
  assert.equal((await api.get('/v1/user', local, { token })).status, 200);
});

test('identify 9: without a provider the project’s default answers', async () => {
  const { accessToken: token, email } = await api.newcomer();
  const named = await api.get('/v1/user', EMAIL, { token });
  assert.deepEqual((await api.get('/v1/user', { strategy: 'email' }, { token })).body, named.body);
  const data = { email, password: PASSWORD };
  assert.equal((await api.put('/v1/user/login', { strategy: 'email', data })).status, 200);
  assert.equal((await api.post('/v1/user', { strategy: 'simplified' })).body.provider, 'noLogin');
});

test('what is asked first is answered first', async () => {
  const text = { headers: { 'content-type': 'text/plain' } };
  assertRefused(await api.post('/v1/user', '{', text), 415, 'unsupported_media_type');
  assertInvalid(await api.put('/v1/user', { strategy: 'x' }, { projectId: null }), 'projectId');
  assertRefused(
    await api.put('/v1/user', { strategy: 'email', provider: 'noLogin' }),
    400,
    'unsupported_provider',
  );
  assertRefused(await api.put('/v1/user', { ...EMAIL, data: { odd: 1 } }), 401, 'missing_token');
  assertInvalid(
    await api.put('/v1/user', { ...EMAIL, data: { odd: 1 } }, { token: (await api.newcomer()).accessToken }),
    'odd',
  );
});

test('identify 65: a site that the project lists may call with credentials, and no other', async () => {
  await api.server.configureIdentify({ cors: { origins: [APP, 'https://*.fans.example.org'] } });
  const from = (origin: string) => api.post('/v1/user', NO_LOGIN, { headers: { origin } });
  for (const origin of [APP, 'https://a.b.fans.example.org']) {
    const reply = await from(origin);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers.get('access-control-allow-origin'), origin);
    assert.equal(reply.headers.get('access-control-allow-credentials'), 'true');
    assert.match(reply.headers.get('vary') ?? '', /Origin/);
  }
  for (const origin of ['https://evil.example', 'null', 'https://fans.example.org', `${APP}.evil.example`]) {
    const reply = await from(origin);
    assertRefused(reply, 403, 'origin_not_allowed');
    assert.equal(reply.headers.get('access-control-allow-origin'), null);
  }
  // Errors can be read where calls are allowed, and another project's list is its own.
  const refused = await api.get('/v1/user', EMAIL, { headers: { origin: APP } });
  assertRefused(refused, 401, 'missing_token');
  assert.equal(refused.headers.get('access-control-allow-origin'), APP);
  const projectId = api.server.quickstart.sandbox.app_id;
  const elsewhere = await api.post('/v1/user', NO_LOGIN, { projectId, headers: { origin: APP } });
  assertRefused(elsewhere, 403, 'origin_not_allowed');
  assert.equal(elsewhere.headers.get('access-control-allow-origin'), null);
  assertRefused(
    await api.post('/v1/user', '{', { headers: { origin: 'https://evil.example' } }),
    403,
    'origin_not_allowed',
  );
});

test('identify 66: a browser gets leave to send a token and JSON', async () => {
  await api.server.configureIdentify({ cors: { origins: [APP] } });
  const preflight = (origin: string) =>
    raw('/v1/user', {
      method: 'OPTIONS',
      headers: {
        ...{ origin, 'access-control-request-method': 'PUT' },
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const reply = await preflight(APP);
  assert.equal(reply.status, 204);
  assert.equal(reply.headers.get('access-control-allow-origin'), APP);
  assert.equal(reply.headers.get('access-control-allow-headers'), 'authorization, content-type');
  assert.match(reply.headers.get('access-control-allow-methods') ?? '', /PUT/);
  assert.equal(reply.headers.get('access-control-max-age'), '600');
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
});

test('identify 68: broken, large and other bodies are refused, and the server goes on', async () => {
  for (const body of ['{', '', '[]', '"text"', 'null', '{"a":'])
    assertRefused(await api.post('/v1/user', body), 400, 'validation_error');
  const large = JSON.stringify({ ...NO_LOGIN, data: 'x'.repeat(101 * 1024) });
  assertRefused(await api.post('/v1/user', large), 413, 'payload_too_large');
  const headers = { 'content-type': 'text/plain' };
  assertRefused(await api.post('/v1/user', '{}', { headers }), 415, 'unsupported_media_type');
  assert.equal((await api.post('/v1/user', NO_LOGIN)).status, 200);
});

test('no value in any field makes a fault', async () => {
  const { accessToken: token, email } = await api.newcomer();
  const odd = [null, 0, -1, true, '', '\u0000', '\ud800', [], {}, [[]], 'x'.repeat(9000), { a: { b: 1 } }];
  for (const value of odd) {
    const bodies: [string, string, object][] = [
      ['POST', '/v1/user', { ...EMAIL, data: value }],
      [
        'POST',
        '/v1/user',
        { ...EMAIL, data: { email: value, password: value, nickname: value, deviceId: value } },
      ],
      ['POST', '/v1/user', { ...NO_LOGIN, externalId: value, data: { appProfile: value } }],
      ['PUT', '/v1/user', { ...EMAIL, data: { nickname: value, 'custom:a': value, appProfile: value } }],
      ['PUT', '/v1/user/login', { ...EMAIL, data: { email, password: value, deviceId: value } }],
      ['PUT', '/v1/user/login', { strategy: value, provider: value, data: {} }],
      ['PUT', '/v1/user/change-password', { ...EMAIL, data: { previousPassword: value, password: value } }],
      ['PUT', '/v1/user/forgot-password', { ...EMAIL, data: { email: value } }],
      [
        'POST',
        '/v1/user/confirm-forgot-password',
        { ...EMAIL, data: { email, confirmationCode: value, password: value } },
      ],
      ['POST', '/v1/user/refresh', { ...EMAIL, refreshToken: value, deviceId: value }],
    ];
    for (const [method, path, body] of bodies) {
      const send = method === 'POST' ? api.post : api.put;
      const reply = await send(path, body, { token });
      assert.ok(reply.status < 500, `${path} ${JSON.stringify(value)}: ${reply.text}`);
    }
  }
});

test('messages are the published ones where a project wants them', async () => {
  const { accessToken: token } = await api.newcomer();
  await api.server.configureIdentify({ compat: { seedMessages: true } });
  const update = await api.put('/v1/user', { ...EMAIL, data: { nickname: 'x' } }, { token });
  assert.equal(update.body.message, 'User is Correctly Created');
  assert.equal((await api.post('/v1/user/logout', EMAIL, { token })).body.message, 'please check your email');
  await api.server.configureIdentify({ compat: { seedMessages: false } });
});

test('identify 69: users, devices, history and tokens outlive a restart', async () => {
  const { accessToken: token, refreshToken, ...before } = await api.newcomer({ deviceId: DEVICE });
  const profile = await api.profile(token);
  const again = await startIdentify({ database: api.server.database, clock: api.clock });
  try {
    assert.deepEqual(await again.profile(token), profile);
    const reply = await again.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.data.externalId, before.externalId);
  } finally {
    await again.server.close();
  }
});

test('identify 70: no password, code, token, secret or external id of a profile is in the logs', async () => {
  const { accessToken, refreshToken, email } = await api.newcomer();
  const { externalId } = (await api.post('/v1/user', NO_LOGIN)).body;
  await api.get('/v1/user', { ...NO_LOGIN, externalId });
  await api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } });
  const code = await api.codeSentTo(email);
  await api.put('/v1/user/login', { ...EMAIL, data: { email: newEmail(), password: 'Very-Wrong-1' } });
  await api.get('/v1/user', EMAIL, { token: `${accessToken}x` });
  const logs = api.server.logs();
  assert.ok(logs.includes('"identify"'));
  for (const secret of [PASSWORD, 'Very-Wrong-1', accessToken, refreshToken, externalId, email, `"${code}"`])
    assert.ok(!logs.includes(secret), 'a secret is in the logs');
});
