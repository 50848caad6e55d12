import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  OTHER_DEVICE,
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const refresh = ({ accessToken: token, refreshToken }: Shown, more: object = {}) =>
  api.post('/v1/user/refresh', { ...EMAIL, refreshToken, ...more }, { token });
const logout = (token: string) => api.post('/v1/user/logout', EMAIL, { token });
const get = (token: string) => api.get('/v1/user', EMAIL, { token });
const check = (token: string, deviceId = DEVICE) =>
  api.get('/v1/user/check', { ...EMAIL, deviceId }, { token });

test('identify 42: new tokens and a fresh signature for an access token that is over', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  api.clock.advance(3601);
  assertRefused(await get(before.accessToken), 401, 'token_expired');
  const reply = await refresh(before);
  assert.equal(reply.status, 200, reply.text);
  const after = reply.body.data;
  assert.equal(Object.keys(after).length, 9);
  assert.equal(after.deviceId, DEVICE);
  assert.ok(after.timeStamp > before.timeStamp);
  for (const name of ['accessToken', 'profileToken', 'refreshToken', 'signature'])
    assert.notEqual(after[name], before[name], name);
  assert.equal((await api.profile(after.accessToken)).loginHistory.length, 1);
});

test('identify 43: the refresh token may stand within the data, and must stand somewhere', async () => {
  const { accessToken: token, refreshToken } = await api.newcomer();
  assertInvalid(await api.post('/v1/user/refresh', EMAIL, { token }), 'refreshToken');
  const reply = await api.post('/v1/user/refresh', { ...EMAIL, data: { refreshToken } }, { token });
  assert.equal(reply.status, 200, reply.text);
});

test('identify 44: a refresh token that was used already ends the login, for whoever shows it', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  const after = (await refresh(before, { deviceId: DEVICE })).body.data;
  assertRefused(await refresh(before, { deviceId: OTHER_DEVICE }), 401, 'invalid_token');
  assertRefused(await refresh(after, { deviceId: DEVICE }), 401, 'invalid_token');
  assertRefused(await get(after.accessToken), 401, 'invalid_token');
});

test('a device whose reply was lost may ask once more within ten seconds, and no later', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  const lost = (await refresh(before, { deviceId: DEVICE })).body.data;
  api.clock.advance(9);
  const again = await refresh(before, { deviceId: DEVICE });
  assert.equal(again.status, 200, again.text);
  api.clock.advance(2);
  assertRefused(await refresh(before, { deviceId: DEVICE }), 401, 'invalid_token');
  assertRefused(await refresh(lost, { deviceId: DEVICE }), 401, 'invalid_token');
});

test('of many refreshes of one token at once one works', async () => {
  const before = await api.newcomer();
  const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(before)));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(49).fill(401)]);
});

test('a refresh token is over after thirty days, and goes with its own access token', async () => {
  const [one, other] = [await api.newcomer(), await api.newcomer()];
  assertRefused(await refresh({ ...one, accessToken: other.accessToken }), 401, 'invalid_token');
  assertRefused(await refresh({ ...one, refreshToken: one.accessToken }), 401, 'invalid_token');
  api.clock.advance(29 * 86_400);
  const next = (await refresh(one)).body.data;
  api.clock.advance(29 * 86_400);
  assert.equal((await refresh(next)).status, 200);
  assertRefused(await refresh(other), 401, 'token_expired');
});

test('identify 45: who has logged out is known by no token any more', async () => {
  const { email, ...one } = await api.newcomer({ deviceId: DEVICE });
  const other = await api.login(email);
  const reply = await logout(one.accessToken);
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual([reply.body.data, reply.body.message], [{}, 'OK']);
  for (const session of [one, other]) {
    assertRefused(await get(session.accessToken), 401, 'invalid_token');
    assertRefused(await refresh(session), 401, 'invalid_token');
  }
  assertRefused(await logout(one.accessToken), 401, 'invalid_token');
  const again = await api.profile((await api.login(email)).accessToken);
  assert.equal(again.loginHistory.length, 3);
  assert.equal(again.devices[0].deviceId, DEVICE);
});

test('a check has the profile and the session at one level, and the token that was shown', async () => {
  const { accessToken, userId, externalId, email } = await api.newcomer({ deviceId: DEVICE });
  const { body } = await check(accessToken);
  const { data } = body;
  assert.deepEqual([data.userId, data.externalId, data.accessToken], [userId, externalId, accessToken]);
  assert.match(data.signature, /^[0-9A-F]{40}$/);
  assert.deepEqual([data.deviceId, data.email, data.data.email], [DEVICE, email, email]);
  assert.equal(data.profileToken, undefined);
  assert.equal(data.refreshToken, undefined);
});

test('identify 47: a check needs a device', async () => {
  const { accessToken: token } = await api.newcomer();
  assertInvalid(await api.get('/v1/user/check', EMAIL, { token }), 'deviceId');
  assertInvalid(await check(token, 'no-device'), 'deviceId');
});

test('a check is a login for a device that never logged in, and else only signs anew', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  api.clock.advance(20);
  const known = (await check(accessToken)).body.data;
  assert.deepEqual([known.loginHistory.length, known.devices.length], [1, 1]);
  const other = (await check(accessToken, OTHER_DEVICE)).body.data;
  assert.deepEqual([other.loginHistory.length, other.devices.length], [2, 2]);
  const changes = () => api.server.sql('/* scatter: a test */ select id from audit_entries');
  const before = await changes();
  const repeated = (await check(accessToken, OTHER_DEVICE)).body.data;
  assert.deepEqual([repeated.timeStamp, repeated.signature], [other.timeStamp, other.signature]);
  assert.deepEqual(await changes(), before);
  api.clock.advance(20);
  assert.ok((await check(accessToken, OTHER_DEVICE)).body.data.timeStamp > other.timeStamp);
});

test('identify 48: what is no token of this project is refused', async () => {
  const { accessToken, refreshToken, profileToken } = await api.newcomer();
  const [head = '', body = '', signature = ''] = accessToken.split('.');
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const none = encode({
    alg: 'none',
    typ: 'JWT',
    kid: JSON.parse(Buffer.from(head, 'base64url').toString()).kid,
  });
  const forged = [
    ...['junk', 'a.b.c', `${head}.${body}`, `${head}.${body}.`, `${none}.${body}.`, 'x'.repeat(9000)],
    ...[refreshToken, profileToken, `${head}.${encode({ ...claims, exp: claims.exp + 1 })}.${signature}`],
  ];
  for (const token of forged) assertRefused(await get(token), 401, 'invalid_token');
  const projectId = api.server.quickstart.sandbox.app_id;
  assertRefused(await api.get('/v1/user', EMAIL, { token: accessToken, projectId }), 401, 'invalid_token');
});

test('only the most recent logins and devices are remembered', async () => {
  await api.server.configureIdentify({ limits: { loginHistory: 3, devices: 2 } });
  const { email } = await api.newcomer({ deviceId: DEVICE });
  const device = (last: number) => `00000000-0000-4000-8000-00000000000${last}`;
  let token = '';
  for (const last of [1, 2, 1, 3]) {
    api.clock.advance(10);
    ({ accessToken: token } = await api.login(email, { deviceId: device(last) }));
  }
  const profile = await api.profile(token);
  assert.equal(profile.loginHistory.length, 3);
  assert.deepEqual(
    profile.devices.map(({ deviceId }: Shown) => deviceId),
    [device(1), device(3)],
  );
});
