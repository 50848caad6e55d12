import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
  startIdentify,
} from '../../harness/identify.ts';
import { messagesTo } from '../../harness/outbox.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const NEW = 'bID>idfsf23!!';
const login = (email: string, password: string) =>
  api.put('/v1/user/login', { ...EMAIL, data: { email, password } });
const change = (token: string, data: object) =>
  api.put('/v1/user/change-password', { ...EMAIL, data }, { token });
const forgot = (email: string, options = {}) =>
  api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } }, options);
const confirm = (email: string, confirmationCode: string, password = NEW) =>
  api.post('/v1/user/confirm-forgot-password', { ...EMAIL, data: { email, confirmationCode, password } });
const refresh = (token: string, refreshToken: string) =>
  api.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token });

test('identify 35: a new password logs in, the old one does not, and old tokens are dead', async () => {
  const before = await api.newcomer({ deviceId: DEVICE });
  const reply = await change(before.accessToken, { previousPassword: PASSWORD, password: NEW });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.message, 'password has been updated');
  const session = reply.body.data;
  assert.equal(Object.keys(session).length, 9);
  assert.deepEqual([session.userId, session.deviceId], [before.userId, DEVICE]);
  assertRefused(await login(before.email, PASSWORD), 401, 'invalid_credentials');
  assert.equal((await login(before.email, NEW)).status, 200);
  assertRefused(await refresh(before.accessToken, before.refreshToken), 401, 'invalid_token');
  assertRefused(await api.get('/v1/user', EMAIL, { token: before.accessToken }), 401, 'invalid_token');
  assert.equal((await api.profile(session.accessToken)).loginHistory.length, 3);
});

test('a changed password counts as a login of the device named', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  const data = { previousPassword: PASSWORD, password: NEW, deviceId: OTHER_DEVICE };
  assert.equal((await change(accessToken, data)).body.data.deviceId, OTHER_DEVICE);
});

test('identify 36: with a wrong previous password nothing changes', async () => {
  const { accessToken, email } = await api.newcomer();
  const reply = await change(accessToken, { previousPassword: 'Not-it-1', password: NEW });
  assertRefused(reply, 401, 'invalid_credentials');
  assert.equal((await login(email, PASSWORD)).status, 200);
  const weak = await change(accessToken, { previousPassword: PASSWORD, password: 'weak' });
  assertRefused(weak, 400, 'invalid_password', 'password');
  assert.equal((await login(email, PASSWORD)).status, 200);
  assertInvalid(await change(accessToken, {}), 'previousPassword', 'password');
});

test('identify 37: an e-mail that nobody has is answered alike, and sent nothing', async () => {
  const [known, unknown] = [await api.register(), newEmail()];
  const [one, other] = [await forgot(known), await forgot(unknown)];
  assert.equal(one.status, 200, one.text);
  assert.deepEqual(one.body, { result: 1, message: 'please check your email', data: {} });
  assert.deepEqual(other.body, one.body);
  assert.equal((await messagesTo(api.server, known)).length, 1);
  assert.deepEqual(await messagesTo(api.server, unknown), []);
  assert.equal((await forgot('test@user.com!')).status, 200);
});

test('identify 38: who forgot a password needs no token, and may send a wrong one', async () => {
  const email = await api.register();
  for (const options of [{}, { token: 'junk' }, { headers: { authorization: 'Basic eA==' } }])
    assert.equal((await forgot(email, options)).status, 200);
});

test('identify 39: a code sets a password once, and proves the address everywhere', async () => {
  const before = await api.newcomer();
  const { email } = before;
  await forgot(email);
  const code = await api.codeSentTo(email);
  assertRefused(await confirm(email, code, 'weak'), 400, 'invalid_password');
  const reply = await confirm(email, code);
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual([reply.body.message, reply.body.data], ['password has been updated', {}]);
  assert.equal((await login(email, NEW)).status, 200);
  assertRefused(await confirm(email, code), 400, 'code_expired');
  assertRefused(await refresh(before.accessToken, before.refreshToken), 401, 'invalid_token');
  const identity = await api.server.call('GET', `/admin/identities/${before.userId}`);
  assert.equal(identity.body.verifiable_addresses[0].verified, true);
});

test('a new code takes the place of the one before', async () => {
  const email = await api.register();
  await forgot(email);
  const first = await api.codeSentTo(email);
  await forgot(email);
  const second = await api.codeSentTo(email);
  if (first !== second) assertRefused(await confirm(email, first), 400, 'code_mismatch');
  assert.equal((await confirm(email, second)).status, 200);
});

test('of two who use a code at once one gets in', async () => {
  const email = await api.register();
  await forgot(email);
  const code = await api.codeSentTo(email);
  const replies = await Promise.all([confirm(email, code), confirm(email, code), confirm(email, code)]);
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400, 400]);
});

test('identify 40: after five wrong codes the right one is of no use', async () => {
  const email = await api.register();
  await forgot(email);
  const code = await api.codeSentTo(email);
  for (let wrong = 0; wrong < 4; wrong += 1)
    assertRefused(await confirm(email, otherThan(code)), 400, 'code_mismatch');
  assertRefused(await confirm(email, otherThan(code)), 429, 'limit_exceeded');
  assertRefused(await confirm(email, code), 429, 'limit_exceeded');
  assert.equal((await login(email, PASSWORD)).status, 200);
});

test('codes for an e-mail that nobody has look like any other', async () => {
  const email = newEmail();
  await forgot(email);
  for (let wrong = 0; wrong < 4; wrong += 1)
    assertRefused(await confirm(email, '000000'), 400, 'code_mismatch');
  assertRefused(await confirm(email, '000000'), 429, 'limit_exceeded');
});

test('identify 41: a code is good for an hour', async () => {
  const email = await api.register();
  await forgot(email);
  const code = await api.codeSentTo(email);
  api.clock.advance(60 * 60 + 1);
  assertRefused(await confirm(email, code), 400, 'code_expired');
});

test('nobody’s mailbox is filled', async () => {
  const email = await api.register();
  for (let sent = 0; sent < 10; sent += 1) assert.equal((await forgot(email)).status, 200);
  assertRefused(await forgot(email), 429, 'limit_exceeded');
});
