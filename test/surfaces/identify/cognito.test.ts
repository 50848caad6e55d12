import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import { type CognitoEmulator, startCognito } from '../../harness/cognito.ts';
import { otherThan } from '../../harness/flows.ts';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  newEmail,
  OTHER_DEVICE,
  PASSWORD,
  SECRET,
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';
import { inTime } from '../../harness/in-time.ts';

let api: IdentifyApi;
let cognito: CognitoEmulator;
let sandbox: string;
const clock = new TestClock();

before(async () => {
  cognito = await startCognito(clock);
  api = await startIdentify({ clock });
  sandbox = api.server.quickstart.sandbox.app_id;
  for (const project of [api.projectId, sandbox]) {
    const awsCognito = { backend: 'aws', ...cognito.settings() };
    await api.server.configureIdentify({ providers: { awsCognito } }, project);
  }
});
beforeEach(() => {
  cognito.hangs = false;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await cognito[Symbol.asyncDispose]();
});

const NEW = 'bID>idfsf23!!';
const register = (data: object) => api.post('/v1/user', { ...EMAIL, data });
const login = (email: string, password = PASSWORD) =>
  api.put('/v1/user/login', { ...EMAIL, data: { email, password } });
const get = (token: string) => api.get('/v1/user', EMAIL, { token });
const check = (token: string, deviceId: string, options = {}) =>
  api.get('/v1/user/check', { ...EMAIL, deviceId }, { token, ...options });
const update = (token: string, data: object) => api.put('/v1/user', { ...EMAIL, data }, { token });
const change = (token: string, data: object) =>
  api.put('/v1/user/change-password', { ...EMAIL, data }, { token });
const forgot = (email: string) => api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } });
const confirm = (email: string, confirmationCode: string, password = NEW) =>
  api.post('/v1/user/confirm-forgot-password', { ...EMAIL, data: { email, confirmationCode, password } });
const refresh = ({ accessToken: token, refreshToken }: Shown, more: object = {}) =>
  api.post('/v1/user/refresh', { ...EMAIL, refreshToken, ...more }, { token });
const logout = (token: string) => api.post('/v1/user/logout', EMAIL, { token });

test('identify 11, 12, 13: registering at Cognito', async () => {
  const email = newEmail();
  const reply = await register({ email, password: PASSWORD });
  assert.equal(reply.status, 201, reply.text);
  const message = 'User is Correctly Created';
  assert.deepEqual(reply.body, { result: 1, message, data: { data: {}, result: 1, message } });
  assertRefused(await register({ email: email.toUpperCase(), password: PASSWORD }), 409, 'user_exists');
  for (const password of ['Sh0rt!', 'all-lower-1', 'ALL-UPPER-1', 'No-digits-here', 'NoSymbols123'])
    assertRefused(await register({ email: newEmail(), password }), 400, 'invalid_password', 'password');
});

test('identify 15, 16, 17: a login has the nine fields; a wrong and an unknown one are alike', async () => {
  const email = await api.register();
  const session = await api.login(email, { deviceId: DEVICE });
  assert.equal(Object.keys(session).length, 9);
  assert.equal(session.deviceId, DEVICE);
  assert.notEqual((await api.login(email)).deviceId, DEVICE);
  const [wrong, unknown] = [await login(email, 'Not-it-1'), await login(newEmail())];
  assertRefused(wrong, 401, 'invalid_credentials');
  assert.equal(unknown.status, wrong.status);
  assert.deepEqual(unknown.body, wrong.body);
});

test('identify 19, 20, 21: devices and the history of logins', async () => {
  const { email } = await api.newcomer({ data: { deviceId: DEVICE }, deviceId: OTHER_DEVICE });
  clock.advance(30);
  const bare = await api.profile((await api.login(email, { deviceId: OTHER_DEVICE })).accessToken);
  assert.deepEqual(bare.devices[0], { deviceId: DEVICE });
  assert.equal(bare.loginHistory[1] - bare.loginHistory[0], 30);
  clock.advance(30);
  const { accessToken, userId } = await api.login(email, { deviceId: DEVICE });
  const { devices } = await api.profile(accessToken);
  assert.deepEqual([devices.length, devices[0].userId, devices[1].userId], [2, userId, userId]);
  assert.notEqual(devices[0].signature, devices[1].signature);
});

test('identify 4, 5, 9, 18: bearers, providers that go without saying, and methods', async () => {
  const { accessToken, email } = await api.newcomer();
  for (const scheme of ['bearer', 'Bearer', 'BEARER']) {
    const reply = await api.get('/user', EMAIL, { headers: { authorization: `${scheme} ${accessToken}` } });
    assert.equal(reply.body.data.email, email, scheme);
  }
  assertRefused(await api.get('/v1/user', EMAIL), 401, 'missing_token');
  const unnamed = await api.get('/v1/user', { strategy: 'email' }, { token: accessToken });
  assert.equal(unnamed.body.data.email, email);
  assertRefused(await api.post('/v1/user/login', EMAIL), 405, 'method_not_allowed');
});

test('identify 14: an e-mail registers in a second project, which has a user pool of its own', async () => {
  await using second = await startCognito(clock);
  const { poolId: projectId } = await api.server.createAccount();
  const awsCognito = { backend: 'aws', ...second.settings() };
  await api.server.configureIdentify({ providers: { awsCognito } }, projectId);
  const { email, userId } = await api.newcomer();
  const data = { email, password: PASSWORD };
  const made = await api.post('/v1/user', { ...EMAIL, data }, { projectId });
  assert.equal(made.status, 201, made.text);
  const there = await api.put('/v1/user/login', { ...EMAIL, data }, { projectId });
  assert.equal(there.status, 200, there.text);
  assert.notEqual(there.body.data.userId, userId);
});

test('identify 22, 24: what is signed can be checked', async () => {
  const { userId, timeStamp, signUp, signature } = await api.newcomer({ deviceId: DEVICE });
  const expected = createHmac('sha1', SECRET).update(`${userId}:${timeStamp}`).digest('hex').toUpperCase();
  assert.equal(signature, expected);
  assert.deepEqual([timeStamp % 10, signUp % 10], [0, 0]);
});

test('identify 27: one Cognito user is one to the outside, and two in two projects', async () => {
  const { accessToken } = await api.newcomer();
  const here = (await check(accessToken, DEVICE)).body.data;
  const there = (await check(accessToken, DEVICE, { projectId: sandbox })).body.data;
  assert.equal(here.externalId, there.externalId);
  assert.notEqual(here.userId, there.userId);
});

test('identify 28, 29, 30, 31: the profile is as Cognito has it, and changes there first', async () => {
  const data = { nickname: 'ada', 'custom:terms_optin1': '1', appProfile: { kept: 1 } };
  const { accessToken, email } = await api.newcomer({ data });
  const before = await api.profile(accessToken);
  assert.equal(before.data.loginHistory.length, 1);
  assert.match(before.updatedAt, /^\d{10}$/);
  for (const place of [before, before.data]) assert.equal(place['custom:terms_optin1'], '1');
  clock.advance(5);
  const reply = await update(accessToken, { nickname: 'Ada' });
  assert.equal(reply.status, 200, reply.text);
  const after = await api.profile(accessToken);
  assert.deepEqual([after.nickname, after.email, after['custom:terms_optin1']], ['Ada', email, '1']);
  assert.deepEqual(after.appProfile, { kept: 1 });
  assert.ok(Number(after.updatedAt) > Number(before.updatedAt));
  assertInvalid(await update(accessToken, { nickname: 'Eve', shoeSize: '38' }), 'shoeSize');
  assertInvalid(await update(accessToken, { nickname: 'Eve', 'custom:not_in_the_pool': '1' }));
  assert.equal((await api.profile(accessToken)).nickname, 'Ada');
});

test('identify 33, 34: the app profile stays with us', async () => {
  const { accessToken } = await api.newcomer({ data: { appProfile: { a: 1 } } });
  assert.equal((await update(accessToken, { appProfile: { b: 2 } })).status, 200);
  assertInvalid(await update(accessToken, { appProfile: { text: 'x'.repeat(32 * 1024) } }), 'appProfile');
  assert.deepEqual((await api.profile(accessToken)).appProfile, { b: 2 });
});

test('identify 35, 36: a changed password ends what was logged in before', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  const wrong = await change(before.accessToken, { previousPassword: 'Not-it-1', password: NEW });
  assertRefused(wrong, 401, 'invalid_credentials');
  const right = await change(before.accessToken, { previousPassword: PASSWORD, password: NEW });
  assert.equal(right.status, 200, right.text);
  assert.equal(Object.keys(right.body.data).length, 9);
  assert.equal(right.body.data.deviceId, DEVICE);
  assertRefused(await refresh(before), 401, 'invalid_token');
  assertRefused(await login(before.email), 401, 'invalid_credentials');
  assert.equal((await login(before.email, NEW)).status, 200);
  assert.equal((await refresh(right.body.data)).status, 200);
});

test('identify 37, 38, 39: a code from Cognito sets a password once', async () => {
  const before = await api.newcomer();
  const { email } = before;
  const sent = cognito.codes.length;
  const [known, unknown] = [await forgot(email), await forgot(newEmail())];
  assert.deepEqual([known.status, unknown.status], [200, 200]);
  assert.deepEqual(unknown.body, known.body);
  assert.equal(cognito.codes.length, sent + 1);
  const code = cognito.codes.at(-1) ?? '';
  assertRefused(await confirm(email, '000000'), 400, 'code_mismatch');
  assert.equal((await confirm(email, code)).status, 200);
  // Whoever had got in before is out.
  assertRefused(await refresh(before), 401, 'invalid_token');
  assert.equal((await login(email, NEW)).status, 200);
  assert.equal((await confirm(email, code)).status, 400);
});

test('identify 40: after five wrong codes the right one is of no use, and a new one is', async () => {
  const { email } = await api.newcomer();
  const codeOf = async () => {
    assert.equal((await forgot(email)).status, 200);
    return cognito.codes.at(-1) ?? '';
  };
  const code = await codeOf();
  for (let wrong = 0; wrong < 4; wrong += 1)
    assertRefused(await confirm(email, otherThan(code)), 400, 'code_mismatch');
  assertRefused(await confirm(email, otherThan(code)), 429, 'limit_exceeded');
  assertRefused(await confirm(email.toUpperCase(), code), 429, 'limit_exceeded');
  assert.equal((await confirm(email, await codeOf())).status, 200);
});

test('of many codes at once no more than five are tried', async () => {
  const { email } = await api.newcomer();
  await forgot(email);
  const right = cognito.codes.at(-1) ?? '';
  const replies = await Promise.all(Array.from({ length: 20 }, () => confirm(email, otherThan(right))));
  const mismatches = replies.filter(({ status }) => status === 400);
  assert.ok(mismatches.length <= 5, `${mismatches.length} were tried`);
  assertRefused(await confirm(email, right), 429, 'limit_exceeded');
});

test('identify 42, 43: an access token that is over is refreshed', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  clock.advance(24 * 3600 + 61);
  assertRefused(await get(before.accessToken), 401, 'token_expired');
  const reply = await refresh(before);
  assert.equal(reply.status, 200, reply.text);
  const after = reply.body.data;
  assert.deepEqual([after.userId, after.deviceId], [before.userId, DEVICE]);
  assert.equal(after.refreshToken, before.refreshToken);
  assert.ok(after.timeStamp > before.timeStamp);
  const inData = await refresh(
    { accessToken: after.accessToken },
    { data: { refreshToken: after.refreshToken } },
  );
  assert.equal(inData.status, 200, inData.text);
  assertInvalid(await refresh({ accessToken: after.accessToken }), 'refreshToken');
  assertRefused(await refresh({ ...after, refreshToken: 'made-up' }), 401, 'invalid_token');
});

test('identify 45: who logged out is refused at once, though the emulator still knows the token', async () => {
  const session = await api.newcomer();
  assert.equal((await get(session.accessToken)).status, 200);
  const reply = await logout(session.accessToken);
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.body.data, {});
  assertRefused(await get(session.accessToken), 401, 'invalid_token');
  assertRefused(await check(session.accessToken, DEVICE), 401, 'invalid_token');
  assertRefused(await refresh(session), 401, 'invalid_token');
  assertRefused(await logout(session.accessToken), 401, 'invalid_token');
  assert.ok((await api.login(session.email)).accessToken);
});

test('identify 47, 48: a check needs a device, and a token of this client', async () => {
  const { accessToken, profileToken } = await api.newcomer();
  assertInvalid(await api.get('/v1/user/check', EMAIL, { token: accessToken }), 'deviceId');
  for (const token of [profileToken, 'junk', `${accessToken.slice(0, -8)}AAAAAAAA`])
    assertRefused(await check(token, DEVICE), 401, 'invalid_token');
});

test('identify 57: a Cognito that hangs is 504 in time, and 502 once the circuit is open', async () => {
  const timeoutMs = 200;
  await api.server.configureIdentify({
    providers: { awsCognito: { backend: 'aws', ...cognito.settings({ timeoutMs }) } },
  });
  cognito.hangs = true;
  for (let count = 0; count < 5; count += 1) {
    const reply = await inTime(timeoutMs + 500, () => login(newEmail()));
    assertRefused(reply, 504, 'provider_timeout');
  }
  assertRefused(await login(newEmail()), 502, 'provider_error');
});
