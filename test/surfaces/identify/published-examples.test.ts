import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused, type IdentifyApi, startIdentify } from '../../harness/identify.ts';

// The requests that the published reference prints, value by value; only the project is ours, and tokens are real.

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const COGNITO = { strategy: 'email', provider: 'awsCognito' };
const ANONYMOUS = { strategy: 'simplified', provider: 'anonymous' };
const NO_LOGIN = { strategy: 'simplified', provider: 'noLogin' };
const DEVICE = 'a69a31e9-f2e6-4d5f-b080-6138c6a721b7';
const EXTERNAL_ID = '0fdb53e30444b0ace4976d1604766123a574555ee42e4e17974805b186e37be4';

test('the examples of AWS Cognito', async () => {
  const person = { email: 'test@user.com', password: 'bID>idfsf23!' };
  assert.equal((await api.post('/user', { ...COGNITO, data: person })).status, 201);
  const login = await api.put('/user/login', { ...COGNITO, data: person });
  assert.equal(login.status, 200, login.text);
  const { accessToken: token } = login.body.data;

  const read = await api.get('/user', COGNITO, { token });
  assert.equal(read.body.data.data.email, 'test@user.com');
  const data = { email: 'test@user.com', nickname: 'testUserCognito' };
  const update = await api.put('/user', { ...COGNITO, data }, { token });
  assert.deepEqual(Object.keys(update.body.data), ['email', 'username', 'externalId', 'projectId']);
  const check = await api.get('/user/check', { ...COGNITO, deviceId: DEVICE }, { token });
  assert.equal(check.body.data.nickname, 'testUserCognito');

  const passwords = { password: 'bID>idfsf23!!', previousPassword: 'bID>idfsf23!' };
  const change = await api.put('/user/change-password', { ...COGNITO, data: passwords }, { token });
  assert.equal(change.status, 200, change.text);
  const { accessToken, refreshToken } = change.body.data;

  const refresh = await api.post(
    '/user/refresh',
    { ...COGNITO, deviceId: DEVICE, refreshToken },
    { token: accessToken },
  );
  assert.equal(refresh.body.data.deviceId, DEVICE, refresh.text);
  const last = refresh.body.data.accessToken;
  assert.equal((await api.post('/user/logout', COGNITO, { token: last })).status, 200);
});

test('the examples of a forgotten password', async () => {
  // With an exclamation mark behind it this is nobody's, which nobody is told.
  const forgot = await api.put('/user/forgot-password', { ...COGNITO, data: { email: 'test@user.com!' } });
  assert.equal(forgot.status, 200, forgot.text);
  const data = { email: 'test@user.com', confirmationCode: '671848', password: 'bID>idfsf23!' };
  const confirm = await api.post('/user/confirm-forgot-password', { ...COGNITO, data });
  assertRefused(confirm, 400, 'code_mismatch');
});

test('the examples of anonymous users', async () => {
  const data = { deviceId: '789f64dc-750d-4260-afef-7937062048e3', additionalId: '12345677865' };
  const made = await api.post('/user', { ...ANONYMOUS, data });
  assert.equal(made.status, 201, made.text);
  const login = await api.put('/user/login', ANONYMOUS);
  assert.equal(login.status, 200, login.text);
});

test('the examples of users without a login', async () => {
  assert.equal((await api.post('/user', NO_LOGIN)).status, 200);
  assert.equal((await api.post('/user', { ...NO_LOGIN, externalId: EXTERNAL_ID })).status, 200);
  const read = await api.get('/user', { ...NO_LOGIN, externalId: EXTERNAL_ID });
  assert.deepEqual([read.status, read.body.externalId], [200, EXTERNAL_ID]);
  const update = await api.put('/user', {
    ...{ ...NO_LOGIN, externalId: EXTERNAL_ID },
    data: { appProfile: { data: 'customUserObjectGoesHere' } },
  });
  assert.deepEqual(update.body.data.appProfile, { data: 'customUserObjectGoesHere' });
});
