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
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';
import { type KycApi, kycOf, assertRefused as kycRefused, person } from '../../harness/kyc.ts';
import { toPools, toSession, toVerification } from '../../harness/kyc-ids.ts';
import type { Reply } from '../../harness/server.ts';

// A user of a project whom KYC has looked at is the same record as before (DESIGN 4). In the sandbox, where that is simulated.

let api: IdentifyApi;
let kyc: KycApi;
let projectId: string;
before(async () => {
  api = await startIdentify();
  kyc = await kycOf(api.server);
  projectId = api.server.quickstart.sandbox.app_id;
});
after(() => api[Symbol.asyncDispose]());

const FAN = { nickname: 'Ana', 'custom:terms_optin1': '1' };
const CONFIRMED = { name: 'Ana Silva', birthday: '1990-05-06', gender: 'Female' };

const done = ({ status, text, body }: Reply): Shown => {
  assert.ok(status < 300, text);
  return body;
};
const login = async (email: string, deviceId = DEVICE): Promise<Shown> => {
  const data = { email, password: PASSWORD, deviceId };
  return done(await api.put('/v1/user/login', { ...EMAIL, data }, { projectId })).data;
};
const put = (token: string, data: object) => api.put('/v1/user', { ...EMAIL, data }, { token, projectId });
const profile = async (token: string): Promise<Shown> =>
  done(await api.get('/v1/user', EMAIL, { token, projectId })).data;
const elsewhere = (method: string, path: string, body?: unknown) =>
  api.server.call(method, path, { key: kyc.sandbox.key, ...(body === undefined ? {} : { body }) });
const read = async (path: string): Promise<Shown> => done(await elsewhere('GET', path));
const onKyc = async (id: string): Promise<Shown> =>
  (await kyc.get(`/identities/${id}`, kyc.sandbox)).body.data;
const onVerification = (id: string) => read(`/api/v1/identities/${toVerification(id)}`);

/** Registered and logged in here, completed on kyc, and approved. */
async function approved(): Promise<Shown & { email: string }> {
  const email = newEmail();
  const [username] = email.split('@');
  const data = { email, username, password: PASSWORD, ...FAN };
  done(await api.post('/v1/user', { ...EMAIL, data }, { projectId }));
  const session = await login(email);
  const { email: _ours, ...more } = person(CONFIRMED);
  done(await kyc.patch(session.userId, more, kyc.sandbox));
  await kyc.simulate('approve', { identityId: session.userId });
  return { ...session, email, username };
}

test('who registered here is approved by KYC, and has one id on all surfaces', async () => {
  const { userId, email, username } = await approved();
  const shown = await onKyc(userId);
  assert.deepEqual(
    [shown.id, shown.email, shown.name, shown.identityConfirmed],
    [userId, email, CONFIRMED.name, true],
  );
  const { traits, id } = await read(`/admin/identities/${userId}`);
  assert.deepEqual([id, traits.email, traits.username], [userId, email, username]);
  const placed = toPools(userId, api.server.quickstart.sandbox.pool_id);
  const onPools = (await read(`/api/v1/identity/${placed}`)).details;
  assert.deepEqual([onPools.id, onPools.status], [placed, 'extant']);
  assert.equal((await onVerification(userId)).id, toVerification(userId));
});

test('R5: the decision is one on verification, with the session that it was taken in', async () => {
  const { userId } = await approved();
  const { status, verificationId } = await kyc.entry(userId, kyc.sandbox);
  const seen = await onVerification(userId);
  assert.deepEqual(
    [status, seen.status, seen.latest_session_id],
    ['approved', 'approved', toSession(verificationId)],
  );
  assert.equal(Date.parse(seen.first_verified_at), api.clock.now().getTime());
});

test('R5: and the other way round: who is approved by a session there is confirmed on kyc', async () => {
  const email = newEmail();
  done(await api.post('/v1/user', { ...EMAIL, data: { email, password: PASSWORD } }, { projectId }));
  const { userId, accessToken } = await login(email);
  const external_ref = `fan.${userId}`;
  done(await elsewhere('PATCH', `/api/v1/identities/${toVerification(userId)}`, { external_ref }));
  const session = done(await elsewhere('POST', '/api/v1/sessions', { external_ref }));
  done(await elsewhere('POST', `/api/v1/sessions/${session.id}/simulate`, { action: 'approve' }));
  assert.equal((await onKyc(userId)).identityConfirmed, true);
  assert.equal((await profile(accessToken)).userId, userId);
});

test('R6: tokens, devices and history of before go on, and logins after it are added', async () => {
  const { email, accessToken: token, timeStamp, ...user } = await approved();
  const { userId, externalId } = user;
  const query = { ...EMAIL, deviceId: DEVICE };
  api.clock.advance(20);
  const checked = done(await api.get('/v1/user/check', query, { token, projectId })).data;
  assert.deepEqual([checked.userId, checked.externalId], [userId, externalId]);
  assert.ok(checked.timeStamp > timeStamp);
  const again = await login(email, OTHER_DEVICE);
  assert.deepEqual([again.userId, again.externalId], [userId, externalId]);
  const shown = await profile(token);
  assert.equal(shown.loginHistory.length, 2);
  assert.deepEqual(
    shown.devices.map(({ deviceId }: Shown) => deviceId),
    [DEVICE, OTHER_DEVICE],
  );
  assert.deepEqual(
    [shown.email, shown.nickname, shown.username, shown['custom:terms_optin1']],
    [email, FAN.nickname, user.username, '1'],
  );
});

test('R1: what was confirmed is locked, and no call here can name it', async () => {
  const { userId, accessToken: token } = await approved();
  const before = await onKyc(userId);
  for (const [name, value] of Object.entries({
    ...{ name: 'Other', given_name: 'Other', family_name: 'Other', birthdate: '1991-01-01' },
    ...{ birthday: '1991-01-01', gender: 'male', tax: { country: 'ES' } },
  }))
    assertInvalid(await put(token, { nickname: 'Changed', [name]: value }), name);
  assert.equal((await profile(token)).nickname, FAN.nickname);
  kycRefused(
    await kyc.patch(userId, { name: 'Other' }, kyc.sandbox),
    ...([422, 'identity_already_confirmed', 'name:immutable'] as const),
  );
  const path = `/api/v1/identities/${toVerification(userId)}`;
  assert.equal((await elsewhere('PATCH', path, { date_of_birth: '1991-01-01' })).status, 422);
  assert.deepEqual(await onKyc(userId), before);
});

test('what is not locked goes on being changed here, and is seen there', async () => {
  const { userId, accessToken: token } = await approved();
  const email = newEmail();
  const appProfile = { team: 'red' };
  done(await put(token, { email, nickname: 'Annie', appProfile }));
  const { data: _inner, ...shown } = await profile(token);
  assert.deepEqual([shown.email, shown.nickname, shown.appProfile], [email, 'Annie', appProfile]);
  const after = await onKyc(userId);
  assert.deepEqual([after.email, after.name, after.identityConfirmed], [email, CONFIRMED.name, true]);
  assert.equal((await onVerification(userId)).status, 'approved');
});

test('R2: who is blocked on kyc is nobody here, confirmed or not', async () => {
  const { userId, email, accessToken: token } = await approved();
  await kyc.setStanding(userId, { blocked: true });
  assertRefused(await api.get('/v1/user', EMAIL, { token, projectId }), 401, 'invalid_token');
  const data = { email, password: PASSWORD };
  const refused = await api.put('/v1/user/login', { ...EMAIL, data }, { projectId });
  assertRefused(refused, 401, 'invalid_credentials');
});

test('who began on kyc chooses a password here, and is the same record', async () => {
  const made = await kyc.create(person(CONFIRMED), kyc.sandbox);
  await kyc.simulate('approve', { identityId: made.id });
  const { email } = made;
  const taken = await api.post(
    '/v1/user',
    { ...EMAIL, data: { email: email.toUpperCase(), password: PASSWORD } },
    { projectId },
  );
  assertRefused(taken, 409, 'user_exists');
  done(await api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } }, { projectId }));
  const confirmationCode = await api.codeSentTo(email);
  const data = { email, confirmationCode, password: PASSWORD };
  done(await api.post('/v1/user/confirm-forgot-password', { ...EMAIL, data }, { projectId }));
  const { userId, accessToken } = await login(email);
  assert.equal(userId, made.id);
  const shown = await profile(accessToken);
  assert.deepEqual([shown.email, shown.loginHistory.length, shown.devices.length], [email, 1, 1]);
  const { identityConfirmed, name } = await onKyc(userId);
  assert.deepEqual([identityConfirmed, name], [true, CONFIRMED.name]);
});
