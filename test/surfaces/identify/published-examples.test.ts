import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused, EMAIL, type IdentifyApi, startIdentify } from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const KEYS = [
  ...['deviceId', 'timeStamp', 'signature', 'externalId', 'userId'],
  ...['accessToken', 'profileToken', 'refreshToken', 'signUp'],
];

test('identify 71: the published requests work one after the other, with no provider outside', async () => {
  const credentials = { email: 'test@user.com', password: 'bID>idfsf23!' };
  const made = await api.post('/user', { ...EMAIL, data: credentials });
  assert.equal(made.status, 201, made.text);

  const login = await api.put('/user/login', { ...EMAIL, data: credentials });
  assert.equal(login.status, 200, login.text);
  assert.deepEqual(Object.keys(login.body.data).sort(), [...KEYS].sort());
  const token = login.body.data.accessToken;

  const data = { email: 'test@user.com', nickname: 'testUserCognito' };
  const updated = await api.put('/user', { ...EMAIL, data }, { token });
  assert.equal(updated.status, 200, updated.text);
  assert.deepEqual(Object.keys(updated.body.data), ['email', 'username', 'externalId', 'projectId']);

  const profile = await api.get('/user', EMAIL, { token });
  for (const key of ['data', 'updatedAt', 'nickname', 'email', 'devices'])
    assert.ok(key in profile.body.data, key);

  const deviceId = 'a69a31e9-f2e6-4d5f-b080-6138c6a721b7';
  assert.equal((await api.get('/user/check', { ...EMAIL, deviceId }, { token })).status, 200);

  const passwords = { password: 'bID>idfsf23!!', previousPassword: 'bID>idfsf23!' };
  const changed = await api.put('/user/change-password', { ...EMAIL, data: passwords }, { token });
  assert.equal(changed.body.message, 'password has been updated');
  const { accessToken, refreshToken } = changed.body.data;

  const refreshed = await api.post(
    '/user/refresh',
    { ...EMAIL, deviceId, refreshToken },
    { token: accessToken },
  );
  assert.equal(refreshed.status, 200, refreshed.text);
  const fresh = { token: refreshed.body.data.accessToken };

  const forgot = await api.put(
    '/user/forgot-password',
    { ...EMAIL, data: { email: 'test@user.com!' } },
    fresh,
  );
  assert.equal(forgot.body.message, 'please check your email');
  await api.put('/user/forgot-password', { ...EMAIL, data: { email: 'test@user.com' } }, fresh);
  const confirmationCode = await api.codeSentTo('test@user.com');
  const confirm = { email: 'test@user.com', confirmationCode, password: 'bID>idfsf23!' };
  assert.equal(
    (await api.post('/user/confirm-forgot-password', { ...EMAIL, data: confirm }, fresh)).status,
    200,
  );

  const last = await api.login('test@user.com');
  assert.equal((await api.post('/user/logout', EMAIL, { token: last.accessToken })).status, 200);
  assertRefused(await api.get('/user', EMAIL, { token: last.accessToken }), 401, 'invalid_token');
});

test('the published anonymous and noLogin requests work as they stand', async () => {
  const anonymous = { strategy: 'simplified', provider: 'anonymous' };
  const data = { deviceId: '789f64dc-750d-4260-afef-7937062048e3', additionalId: '12345677865' };
  assert.equal((await api.post('/user', { ...anonymous, data })).status, 201);
  assert.equal((await api.put('/user/login', anonymous)).status, 200);
  const noLogin = { strategy: 'simplified', provider: 'noLogin' };
  const externalId = '0fdb53e30444b0ace4976d1604766123a574555ee42e4e17974805b186e37be4';
  assertRefused(await api.get('/user', { ...noLogin, externalId }), 404, 'user_not_found');
  assert.deepEqual([(await api.post('/user', { ...noLogin, externalId })).body.externalId], [externalId]);
  assert.equal((await api.get('/user', { ...noLogin, externalId })).status, 200);
});
