import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeSentTo, nativeClient } from '../../harness/flows.ts';
import { type IamApi, iamOf } from '../../harness/iam.ts';
import {
  ANONYMOUS,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  NO_LOGIN,
  newEmail,
  PASSWORD,
  startIdentify,
} from '../../harness/identify.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import { totpAt } from '../../harness/totp.ts';

// One record, looked at through several surfaces (DESIGN 4).

let api: IdentifyApi;
let iam: IamApi;
before(async () => {
  api = await startIdentify();
  iam = await iamOf(api.server);
});
after(() => api[Symbol.asyncDispose]());

const login = (email: string, password = PASSWORD) =>
  api.put('/v1/user/login', { ...EMAIL, data: { email, password } });

test('who registers here logs in by the flows with the same password', async () => {
  const { email, userId } = await api.newcomer({ data: { nickname: 'Ada', username: 'ada' } });
  const { session } = await nativeClient(iam).login(email, PASSWORD);
  assert.equal(session.identity.id, userId);
  assert.deepEqual(session.identity.traits, { email, username: 'ada' });
});

test('who signed up elsewhere logs in here with the same password', async () => {
  const email = newEmail();
  const { id } = await iam.create({
    traits: { email, username: 'grace.hopper' },
    credentials: { password: { config: { password: PASSWORD } } },
  });
  const { userId, accessToken } = await api.login(email);
  assert.equal(userId, id);
  assert.equal((await api.profile(accessToken)).username, 'grace.hopper');
});

test('R2: who is blocked cannot log in, and their tokens stop at once', async () => {
  const { email, userId, accessToken, refreshToken } = await api.newcomer();
  const { token } = await nativeClient(iam).login(email, PASSWORD);
  const setState = (value: string) =>
    iam.patch(`/admin/identities/${userId}`, [{ op: 'replace', path: '/state', value }]);
  assert.equal((await setState('inactive')).status, 200);
  assertRefused(await login(email), 401, 'invalid_credentials');
  assertRefused(await api.get('/v1/user', EMAIL, { token: accessToken }), 401, 'invalid_token');
  assertRefused(
    await api.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token: accessToken }),
    401,
    'invalid_token',
  );
  assert.equal((await nativeClient(iam).whoami(token)).status, 401);
  await api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } });
  await assert.rejects(api.codeSentTo(email));
  await setState('active');
  assert.equal((await login(email)).status, 200);
});

test('R2: a blocked anonymous user and a blocked profile are nobody', async () => {
  const { userId, deviceId } = (await api.put('/v1/user/login', ANONYMOUS)).body.data;
  const made = (await api.post('/v1/user', NO_LOGIN)).body;
  for (const id of [userId, made.data.userId])
    await iam.patch(`/admin/identities/${id}`, [{ op: 'replace', path: '/state', value: 'inactive' }]);
  const again = await api.put('/v1/user/login', { ...ANONYMOUS, data: { deviceId } });
  assertRefused(again, 401, 'invalid_credentials');
  const { externalId } = made;
  assertRefused(await api.get('/v1/user', { ...NO_LOGIN, externalId }), 404, 'user_not_found');
});

test('R3: an e-mail that a record of another surface holds is taken', async () => {
  const email = newEmail();
  await iam.create({ traits: { email } });
  const data = { email, password: PASSWORD };
  assertRefused(await api.post('/v1/user', { ...EMAIL, data }), 409, 'user_exists');
  const mine = await api.register();
  const { status } = await iam.post('/admin/identities', { schema_id: 'default', traits: { email: mine } });
  assert.equal(status, 409);
});

test('R4: an address that is proved by a flow lets in who must have proved theirs', async () => {
  await api.server.configureIdentify({ providers: { local: { autoConfirm: false } } });
  const pair = { strategy: 'email', provider: 'local' };
  const email = await api.register({}, pair);
  const enter = () => api.put('/v1/user/login', { ...pair, data: { email, password: PASSWORD } });
  assertRefused(await enter(), 403, 'user_not_confirmed');
  const client = nativeClient(iam);
  const flow = (await client.begin('verification')).body;
  await client.submit('verification', flow.id, { method: 'code', email });
  const code = await codeSentTo(iam, email);
  await client.submit('verification', flow.id, { method: 'code', code });
  assert.equal((await enter()).status, 200);
});

test('R6: a login here is seen on pools, and is a session like any other', async () => {
  const { userId } = await api.newcomer({ deviceId: DEVICE });
  const at = Math.floor(api.clock.now().getTime() / 1000);
  const { pool_id: pool } = api.server.quickstart.live;
  const listed = await api.server.call('GET', `/api/v1/identity?pool_id=${pool}&sorting=id:desc`);
  assert.equal(listed.body.summaries[0].last_seen.at, at, listed.text);
  const sessions = await iam.get(`/admin/identities/${userId}/sessions`);
  assert.equal(sessions.body.length, 1, sessions.text);
  assert.equal(sessions.body[0].authentication_methods[0].method, 'password');
});

test('R6: a login by the flows is in the history too, and showing more is no other login', async () => {
  const { email, accessToken } = await api.newcomer();
  const before = (await api.profile(accessToken)).loginHistory;
  api.clock.advance(60);
  const client = nativeClient(iam);
  const { token } = await client.login(email, PASSWORD);
  const at = Math.floor(api.clock.now().getTime() / 1000);
  assert.deepEqual((await api.profile(accessToken)).loginHistory, [...before, at]);
  api.clock.advance(60);
  const flow = await client.begin('login', '?refresh=true', { token });
  const body = { method: 'password', identifier: email, password: PASSWORD };
  assert.equal((await client.submit('login', flow.body.id, body, { token })).status, 200);
  assert.deepEqual((await api.profile(accessToken)).loginHistory, [...before, at]);
  // In the same second as another: history has both.
  await client.login(email, PASSWORD);
  await client.login(email, PASSWORD);
  assert.equal((await api.profile(accessToken)).loginHistory.length, before.length + 3);
});

test('a session that an administrator ends takes its tokens with it', async () => {
  const { userId, accessToken } = await api.newcomer();
  await iam.delete(`/admin/identities/${userId}/sessions`);
  assertRefused(await api.get('/v1/user', EMAIL, { token: accessToken }), 401, 'invalid_token');
});

test('R8: a deleted user is gone, and the address is free', async () => {
  const { email, userId, accessToken } = await api.newcomer();
  await iam.delete(`/admin/identities/${userId}`);
  assertRefused(await api.get('/v1/user', EMAIL, { token: accessToken }), 401, 'invalid_token');
  assertRefused(await login(email), 401, 'invalid_credentials');
  assert.equal((await api.post('/v1/user', { ...EMAIL, data: { email, password: PASSWORD } })).status, 201);
});

test('R10: one lockout counts the guesses of all surfaces', async () => {
  const email = await api.register();
  const client = nativeClient(iam);
  for (let guess = 0; guess < 5; guess += 1) {
    assertRefused(await login(email, 'Not-the-one-1'), 401, 'invalid_credentials');
    await client.run('login', { method: 'password', identifier: email, password: 'Not-the-one-1' });
  }
  assertRefused(await login(email), 429, 'limit_exceeded');
});

test('a second factor that was set up is not gone round', async () => {
  const { email } = await api.newcomer();
  const client = nativeClient(iam);
  const { token } = await client.login(email, PASSWORD);
  const flow = (await client.begin('settings', '', { token })).body;
  const secret = flow.ui.nodes.find(
    (node: { attributes: { id?: string } }) => node.attributes.id === 'totp_secret_key',
  ).attributes.text.text;
  const done = await client.submit(
    'settings',
    flow.id,
    { method: 'totp', totp_code: totpAt(secret, api.clock.now()) },
    { token },
  );
  assert.equal(done.status, 200, done.text);
  const reply = await login(email);
  assertRefused(reply, 403, 'user_not_confirmed', 'challenge');
  assert.equal(reply.body.error.fields.challenge, 'totp');
});

test('R11: users of every kind are on the other surfaces', async () => {
  const { userId } = (await api.put('/v1/user/login', ANONYMOUS)).body.data;
  const made = (await api.post('/v1/user', NO_LOGIN)).body.data;
  const registered = await api.newcomer();
  for (const id of [userId, made.userId, registered.userId]) {
    assert.equal((await iam.get(`/admin/identities/${id}`)).status, 200);
    const kyc = await api.server.call('GET', `/identities/${id}`);
    assert.deepEqual([kyc.status, kyc.body.data.type], [200, 'person'], kyc.text);
  }
});

test('what one surface writes the other reads', async () => {
  const { userId, accessToken: token } = await api.newcomer();
  await iam.patch(`/admin/identities/${userId}`, [{ op: 'add', path: '/traits/username', value: 'kestrel' }]);
  assert.equal((await api.profile(token)).username, 'kestrel');
  const data = { appProfile: { team: 'red' }, username: 'falcon' };
  await api.put('/v1/user', { ...EMAIL, data }, { token });
  assert.equal((await iam.identity(userId)).traits.username, 'falcon');
});

test('whose record was merged into another goes on as that one', async () => {
  const primary = await api.newcomer();
  const moth = (await api.put('/v1/user/login', ANONYMOUS)).body.data;
  const merged = await api.server.call('POST', '/api/v1/identities/merge', {
    body: {
      primary_identity_id: toVerification(primary.userId),
      secondary_identity_id: toVerification(moth.userId),
    },
  });
  assert.equal(merged.status, 200, merged.text);
  const data = { deviceId: moth.deviceId };
  const again = (await api.put('/v1/user/login', { ...ANONYMOUS, data })).body.data;
  assert.deepEqual([again.userId, again.externalId], [primary.userId, moth.externalId]);
});
