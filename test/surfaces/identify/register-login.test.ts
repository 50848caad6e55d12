import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  newEmail,
  OTHER_DEVICE,
  PASSWORD,
  startIdentify,
  UUID,
} from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const CREATED = 'User is Correctly Created';
const NINE = [
  ...['deviceId', 'timeStamp', 'signature', 'externalId', 'userId'],
  ...['accessToken', 'profileToken', 'refreshToken', 'signUp'],
];

const register = (data: object, options = {}) => api.post('/v1/user', { ...EMAIL, data }, options);
const login = (data: object, options = {}) => api.put('/v1/user/login', { ...EMAIL, data }, options);

test('identify 11: a new e-mail registers, and the envelope is nested once more', async () => {
  const reply = await register({ email: newEmail(), password: PASSWORD });
  assert.equal(reply.status, 201, reply.text);
  const inner = { data: {}, result: 1, message: CREATED };
  assert.deepEqual(reply.body, { result: 1, message: CREATED, data: inner });
});

test('identify 12: the same e-mail in other letter case is refused', async () => {
  const email = await api.register();
  assertRefused(await register({ email: email.toUpperCase(), password: PASSWORD }), 409, 'user_exists');
  const many = Array.from({ length: 8 }, () => register({ email: `Many.${email}`, password: PASSWORD }));
  const statuses = (await Promise.all(many)).map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array(7).fill(409)]);
});

test('identify 13: a password that breaks the policy is refused', async () => {
  for (const password of ['Sh0rt!', 'all-lower-1', 'ALL-UPPER-1', 'No-digits-here', 'NoSymbols123'])
    assertRefused(await register({ email: newEmail(), password }), 400, 'invalid_password', 'password');
});

test('identify 14: an e-mail registers in a second project, as another user', async () => {
  const email = await api.register();
  const { userId } = await api.login(email);
  const projectId = api.server.quickstart.sandbox.app_id;
  const second = await register({ email, password: PASSWORD }, { projectId });
  assert.equal(second.status, 201, second.text);
  const other = await login({ email, password: PASSWORD }, { projectId });
  assert.equal(other.status, 200, other.text);
  assert.notEqual(other.body.data.userId, userId);
});

test('identify 15: a login gives exactly the nine session fields', async () => {
  const email = await api.register();
  const reply = await login({ email, password: PASSWORD });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.message, 'OK');
  assert.deepEqual(Object.keys(reply.body.data).sort(), [...NINE].sort());
  const { externalId, userId, accessToken } = reply.body.data;
  assert.match(externalId, /^[0-9a-f]{64}$/);
  assert.match(userId, UUID);
  const [head = ''] = accessToken.split('.');
  assert.equal(typeof JSON.parse(Buffer.from(head, 'base64url').toString()).kid, 'string');
});

test('identify 16: a wrong password and an unknown user are answered alike', async () => {
  const email = await api.register();
  const wrong = await login({ email, password: 'Another-1-of-them' });
  const unknown = await login({ email: newEmail(), password: PASSWORD });
  assertRefused(wrong, 401, 'invalid_credentials');
  assert.deepEqual(unknown.body, wrong.body);
  assert.equal(unknown.status, wrong.status);
});

test('identify 17: a device that is named is echoed, and one is made where none is', async () => {
  const email = await api.register();
  assert.equal((await api.login(email, { deviceId: DEVICE.toUpperCase() })).deviceId, DEVICE);
  const { deviceId } = await api.login(email);
  assert.match(deviceId, UUID);
  assert.notEqual(deviceId, DEVICE);
  const beside = await api.put('/user/login', {
    ...EMAIL,
    deviceId: OTHER_DEVICE,
    data: { email, password: PASSWORD },
  });
  assert.equal(beside.body.data.deviceId, OTHER_DEVICE);
  assertInvalid(await login({ email, password: PASSWORD, deviceId: 'phone' }), 'deviceId');
});

test('identify 18: a login that is posted is told the method', async () => {
  for (const path of ['/v1/user/login', '/user/login']) {
    const reply = await api.post(path, { ...EMAIL });
    assertRefused(reply, 405, 'method_not_allowed');
    assert.equal(reply.headers.get('allow'), 'PUT', path);
  }
});

test('identify 19: two logins make the history two longer, in order', async () => {
  const { email } = await api.newcomer();
  const first = Math.floor(api.clock.now().getTime() / 1000);
  api.clock.advance(3);
  const { accessToken } = await api.login(email);
  assert.deepEqual((await api.profile(accessToken)).loginHistory, [first, first + 3]);
});

test('identify 20: two devices have entries of their own, and one user', async () => {
  const { email, userId } = await api.newcomer({ deviceId: DEVICE });
  api.clock.advance(70);
  const { accessToken, signUp, timeStamp, signature } = await api.login(email, { deviceId: OTHER_DEVICE });
  const { devices, loginHistory } = await api.profile(accessToken);
  assert.deepEqual(
    devices.map((one: { deviceId: string }) => one.deviceId),
    [DEVICE, OTHER_DEVICE],
  );
  const [one, other] = devices;
  assert.deepEqual([one.userId, other.userId], [userId, userId]);
  assert.deepEqual(
    [other.signUp, other.timeStamp, other.signature, other.lastLogin],
    [signUp, timeStamp, signature, loginHistory.at(-1)],
  );
  assert.notEqual(one.signature, other.signature);
  assert.ok(one.signUp < other.signUp && one.lastLogin < other.lastLogin);
});

test('identify 21: a device that registered and was never logged in on is named alone', async () => {
  const { accessToken } = await api.newcomer({ data: { deviceId: DEVICE }, deviceId: OTHER_DEVICE });
  const { devices } = await api.profile(accessToken);
  assert.deepEqual(devices[0], { deviceId: DEVICE });
  assert.equal(devices[1].deviceId, OTHER_DEVICE);
});

test('what is wrong with a registration is told all at once', async () => {
  assertInvalid(await register({}), 'email', 'password');
  assertInvalid(await register({ email: 'nobody', password: 7 }), 'email', 'password');
  assertInvalid(await register({ email: newEmail(), password: 'x'.repeat(257) }), 'password');
  assertInvalid(
    await register({ email: newEmail(), password: PASSWORD, 'custom:x': {}, odd: 1 }),
    'custom:x',
    'odd',
  );
  assertInvalid(await login({}), 'email', 'password');
});

test('guesses at one e-mail lock it, for whoever comes, and for a while', async () => {
  const email = await api.register();
  for (let guess = 0; guess < 10; guess += 1)
    assertRefused(await login({ email, password: `Wrong-guess-${guess}` }), 401, 'invalid_credentials');
  assertRefused(await login({ email, password: PASSWORD }), 429, 'limit_exceeded');
  api.clock.advance(15 * 60 + 1);
  assert.equal((await login({ email, password: PASSWORD })).status, 200);
});
