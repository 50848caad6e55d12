import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ANONYMOUS,
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  NO_LOGIN,
  OTHER_DEVICE,
  startIdentify,
  UUID,
} from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const HEX = /^[0-9a-f]{64}$/;
const anonymous = (data?: object) => api.post('/v1/user', { ...ANONYMOUS, ...(data && { data }) });
const enter = (data?: object, pair: object = ANONYMOUS) =>
  api.put('/v1/user/login', { ...pair, ...(data && { data }) });

test('identify 58: an anonymous user is made once for a device and what is added to it', async () => {
  const data = { deviceId: DEVICE, additionalId: '12345677865' };
  const made = await anonymous(data);
  assert.equal(made.status, 201, made.text);
  const { deviceId, externalId, userId, signUp } = made.body.data;
  assert.equal(deviceId, DEVICE);
  assert.match(externalId, HEX);
  assert.match(userId, UUID);
  assert.equal(signUp % 10, 0);
  api.clock.advance(30);
  const again = await anonymous(data);
  assert.equal(again.status, 200, again.text);
  assert.deepEqual(again.body.data, made.body.data);
  const other = await anonymous({ deviceId: DEVICE });
  assert.equal(other.status, 201);
  assert.notEqual(other.body.data.userId, userId);
});

test('identify 59: the shortest anonymous login makes a device and a user, and no tokens', async () => {
  const reply = await enter();
  assert.equal(reply.status, 200, reply.text);
  const keys = ['deviceId', 'timeStamp', 'signature', 'externalId', 'userId', 'signUp'];
  assert.deepEqual(Object.keys(reply.body.data).sort(), keys.sort());
});

test('identify 60: an anonymous login from the same device is the same user', async () => {
  const first = (await enter()).body.data;
  api.clock.advance(30);
  const second = (await enter({ deviceId: first.deviceId })).body.data;
  assert.deepEqual([second.userId, second.externalId], [first.userId, first.externalId]);
  assert.deepEqual([second.signUp, second.timeStamp > first.timeStamp], [first.signUp, true]);
  const registered = (await anonymous({ deviceId: OTHER_DEVICE, additionalId: 'x' })).body.data;
  const entered = (await enter({ deviceId: OTHER_DEVICE, additionalId: 'x' })).body.data;
  assert.equal(entered.userId, registered.userId);
});

test('identify 10: the strategy anonymous is its own provider', async () => {
  const reply = await enter({ deviceId: DEVICE, additionalId: 'alias' }, { strategy: 'anonymous' });
  assert.equal(reply.status, 200, reply.text);
  const same = await enter({ deviceId: DEVICE, additionalId: 'alias' });
  assert.equal(same.body.data.userId, reply.body.data.userId);
  assertRefused(await enter({}, { strategy: 'anonymous', provider: 'noLogin' }), 400, 'unsupported_provider');
});

test('what an anonymous login tells of its user is kept', async () => {
  const { userId } = (await enter({ deviceId: DEVICE, additionalId: 'told', username: 'moth' })).body.data;
  const read = async () => (await api.server.call('GET', `/admin/identities/${userId}`)).body.traits;
  assert.deepEqual(await read(), { username: 'moth' });
  await enter({ deviceId: DEVICE, additionalId: 'told', username: 'owl', appProfile: { a: 1 } });
  assert.deepEqual(await read(), { username: 'owl' });
  assertInvalid(await enter({ username: '', additionalId: 'x'.repeat(129) }), 'username', 'additionalId');
});

test('a username that another user has is not claimed, and stops nobody', async () => {
  await api.register({ username: 'lark' });
  const reply = await enter({ additionalId: 'lark', username: 'lark' });
  assert.equal(reply.status, 200, reply.text);
});

test('identify 67: of twenty first logins at once on one device one user comes', async () => {
  const data = { deviceId: OTHER_DEVICE, additionalId: 'at once' };
  const replies = await Promise.all(Array.from({ length: 20 }, () => enter(data)));
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(replies.map(({ body }) => body.data.userId)).size, 1);
});

const make = (body: object = {}) => api.post('/v1/user', { ...NO_LOGIN, ...body });

test('identify 61: a user without a login is known by an external id', async () => {
  const reply = await make();
  assert.equal(reply.status, 200, reply.text);
  const { externalId, data, ...rest } = reply.body;
  assert.deepEqual(rest, { result: 1, message: 'ok', ...NO_LOGIN, projectId: api.projectId });
  assert.match(externalId, HEX);
  assert.deepEqual(data, { externalId, userId: data.userId });
  assert.notEqual((await make()).body.externalId, externalId);
});

test('an external id of the client’s own is taken, and nothing of a known one is overwritten', async () => {
  const externalId = 'ab'.repeat(32);
  const first = await make({ externalId, data: { username: 'wren', appProfile: { a: 1 } } });
  assert.equal(first.body.externalId, externalId);
  const again = await make({ externalId, data: { username: 'other', appProfile: { b: 2 } } });
  assert.equal(again.body.data.userId, first.body.data.userId);
  const { data } = (await api.get('/v1/user', { ...NO_LOGIN, externalId })).body;
  assert.deepEqual([data.username, data.appProfile], ['wren', { a: 1 }]);
  for (const wrong of ['AB'.repeat(32), 'ab', 7])
    assertInvalid(await make({ externalId: wrong }), 'externalId');
});

test('an external id of an anonymous user opens nothing here', async () => {
  const { externalId } = (await enter({ additionalId: 'mine' })).body.data;
  assertRefused(await api.get('/v1/user', { ...NO_LOGIN, externalId }), 404, 'user_not_found');
  assertRefused(await make({ externalId }), 409, 'user_exists');
});

test('identify 62: the external id shows the profile, without a token or a provider', async () => {
  const { externalId } = (await make({ data: { appProfile: { level: 3 } } })).body;
  const reply = await api.get('/v1/user', { strategy: 'simplified', externalId });
  assert.equal(reply.status, 200, reply.text);
  const { data, ...rest } = reply.body;
  assert.deepEqual(rest, { result: 1, message: 'ok', ...NO_LOGIN, projectId: api.projectId, externalId });
  assert.deepEqual([data.appProfile, data.loginHistory, data.externalId], [{ level: 3 }, [], externalId]);
});

test('identify 63: a profile changes by the external id in the query, and nobody is made by it', async () => {
  const { externalId } = (await make()).body;
  const { projectId } = api;
  const query = new URLSearchParams({ ...NO_LOGIN, projectId, externalId });
  const put = (path: string) =>
    api.put(path, { data: { appProfile: { n: 1 }, username: 'kea' } }, { projectId: null });
  const reply = await put(`/v1/user?${query}`);
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual([reply.body.data.appProfile, reply.body.data.username], [{ n: 1 }, 'kea']);
  assert.equal(reply.body.externalId, externalId);
  const count = () => api.server.sql('/* scatter: a test */ select id from identities');
  const before = (await count()).length;
  query.set('externalId', 'cd'.repeat(32));
  assertRefused(await put(`/v1/user?${query}`), 404, 'user_not_found');
  assert.equal((await count()).length, before);
  assertInvalid(await api.put('/v1/user', { ...NO_LOGIN, externalId, data: {} }), 'appProfile');
});

test('identify 64: what a provider does not have is refused, before a token is asked for', async () => {
  for (const pair of [ANONYMOUS, NO_LOGIN])
    assertRefused(await api.post('/v1/user/refresh', pair), 400, 'operation_not_supported');
  assertRefused(await api.get('/v1/user', { ...ANONYMOUS }), 400, 'operation_not_supported');
  assertRefused(await api.put('/v1/user/login', NO_LOGIN), 400, 'operation_not_supported');
  assertRefused(await api.get('/v1/user/check/nonstandard', { ...EMAIL }), 400, 'operation_not_supported');
});

test('profiles are not to be looked for by the thousand', async () => {
  await api.server.configureIdentify({ limits: { noLoginPerMinute: 5 } });
  api.clock.advance(60);
  const look = () => api.get('/v1/user', { ...NO_LOGIN, externalId: 'ef'.repeat(32) });
  for (let looked = 0; looked < 5; looked += 1) assertRefused(await look(), 404, 'user_not_found');
  assertRefused(await look(), 429, 'limit_exceeded');
  api.clock.advance(60);
  assertRefused(await look(), 404, 'user_not_found');
});
