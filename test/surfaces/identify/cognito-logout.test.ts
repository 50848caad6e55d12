import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import { type CognitoEmulator, startCognito } from '../../harness/cognito.ts';
import { assertRefused, EMAIL, type IdentifyApi, type Shown, startIdentify } from '../../harness/identify.ts';
import { toVerification } from '../../harness/kyc-ids.ts';

// Contract identify 4.1, row `logout`: the emulator knows no global sign-out, so it is told to revoke each refresh token
// that its logins gave. Whether it did is asked of the emulator itself.

const NEW = 'bID>idfsf23!!';

let api: IdentifyApi;
let cognito: CognitoEmulator;
let timeoutMs = 2000;
const clock = new TestClock();

before(async () => {
  cognito = await startCognito(clock);
  api = await startIdentify({ clock });
});
beforeEach(() => configure());
after(async () => {
  await api[Symbol.asyncDispose]();
  await cognito[Symbol.asyncDispose]();
});

/** What the emulator was found to be able to is forgotten each time, since settings change. */
async function configure(more: object = {}): Promise<void> {
  timeoutMs += 1;
  const awsCognito = { backend: 'aws', ...cognito.settings({ timeoutMs }), ...more };
  await api.server.configureIdentify({ providers: { awsCognito } });
  cognito.commands.length = 0;
}

const logout = (token: string) => api.post('/v1/user/logout', EMAIL, { token });
const loggedOut = async (token: string) => {
  const reply = await logout(token);
  assert.equal(reply.status, 200, reply.text);
};
const refresh = ({ accessToken: token, refreshToken }: Shown) =>
  api.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token });
const revocations = () => cognito.commands.filter((name) => name === 'RevokeToken').length;

/** Whether Cognito itself takes a refresh token. */
async function isGood({ refreshToken }: Shown): Promise<boolean> {
  const response = await fetch(cognito.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      ...{ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: cognito.clientId },
      AuthParameters: { REFRESH_TOKEN: refreshToken },
    }),
  });
  const answer: Shown = await response.json();
  if (response.status !== 200) assert.equal(answer.__type, 'NotAuthorizedException');
  return response.status === 200;
}

const kept = (userId: string) =>
  api.server.sql<{ box: string | null }>(
    `/* scatter: a test */ select encode(box, 'hex') as box from identify_outside_refresh
     where identity_id = $1::uuid order by expires_at`,
    [userId],
  );

test('a logout has the refresh token of the login revoked, and nobody else’s', async () => {
  const [own, other] = [await api.newcomer(), await api.newcomer()];
  assert.deepEqual([await isGood(own), await isGood(other)], [true, true]);
  await loggedOut(own.accessToken);
  const { commands } = cognito;
  assert.deepEqual(commands.slice(commands.indexOf('GlobalSignOut')), ['GlobalSignOut', 'RevokeToken']);
  assert.deepEqual([await isGood(own), await isGood(other)], [false, true]);
  assertRefused(await refresh(own), 401, 'invalid_token');
  assert.equal((await refresh(other)).status, 200);
});

test('all logins of a user end, each once, also those that were refreshed', async () => {
  const first = await api.newcomer();
  const second = await api.login(first.email);
  assert.equal((await refresh(first)).status, 200);
  await loggedOut(second.accessToken);
  assert.equal(revocations(), 2);
  assert.deepEqual([await isGood(first), await isGood(second)], [false, false]);
  const third = await api.login(first.email);
  await loggedOut(third.accessToken);
  assert.equal(revocations(), 3);
  assert.equal(await isGood(third), false);
});

test('of very many logins the twenty latest are revoked, and all are refused here', async () => {
  const first = await api.newcomer();
  let last = first;
  for (let count = 0; count < 20; count += 1) {
    clock.advance(1);
    last = await api.login(first.email);
  }
  await loggedOut(last.accessToken);
  assert.equal(revocations(), 20);
  assert.deepEqual([await isGood(first), await isGood(last)], [true, false]);
  assertRefused(await refresh(first), 401, 'invalid_token');
});

test('nothing is revoked there where the project says so, and it is refused here all the same', async () => {
  await configure({ revokeOnLogout: false });
  const session = await api.newcomer();
  await loggedOut(session.accessToken);
  assert.equal(revocations(), 0);
  assert.equal(await isGood(session), true);
  assertRefused(await refresh(session), 401, 'invalid_token');
});

test('a logout that Cognito does not answer changes nothing, and the next one ends everything', async () => {
  await configure({ timeoutMs: 1000 });
  // From now on the emulator is known for what it cannot, so that the next thing it is told is what to revoke.
  await loggedOut((await api.newcomer()).accessToken);
  const session = await api.newcomer();
  // It is asked about a token once a minute.
  assert.equal((await api.get('/v1/user', EMAIL, { token: session.accessToken })).status, 200);
  cognito.hangs = true;
  assertRefused(await logout(session.accessToken), 504, 'provider_timeout');
  cognito.hangs = false;
  assert.equal((await refresh(session)).status, 200);
  await loggedOut(session.accessToken);
  assert.equal(await isGood(session), false);
});

test('refresh tokens open after a rotation of the pool’s key', async () => {
  const before = await api.newcomer();
  await api.server.rotatePoolKeys();
  const after = await api.login(before.email);
  await loggedOut(after.accessToken);
  assert.deepEqual([await isGood(before), await isGood(after)], [false, false]);
});

test('who logged in before refresh tokens were kept logs out as ever; a refresh keeps theirs', async () => {
  const [old, refreshed] = [await api.newcomer(), await api.newcomer()];
  for (const { userId } of [old, refreshed])
    await api.server.sql(
      '/* scatter: a test */ update identify_outside_refresh set box = null where identity_id = $1::uuid',
      [userId],
    );
  await loggedOut(old.accessToken);
  assert.equal(revocations(), 0);
  assertRefused(await refresh(old), 401, 'invalid_token');
  assert.equal((await refresh(refreshed)).status, 200);
  await loggedOut(refreshed.accessToken);
  assert.deepEqual([await isGood(old), await isGood(refreshed)], [true, false]);
});

test('a box that is damaged, or another user’s, is left out and fails no logout', async () => {
  const [own, other] = [await api.newcomer(), await api.newcomer()];
  const damage = (box: string) =>
    api.server.sql(
      `/* scatter: a test */ update identify_outside_refresh set box = ${box} where identity_id = $1::uuid`,
      [own.userId],
    );
  await damage(`'\\x00'`);
  const second = await api.login(own.email);
  await loggedOut(second.accessToken);
  assert.deepEqual([await isGood(own), await isGood(second)], [true, false]);
  const third = await api.login(own.email);
  await damage(`(select t.box from identify_outside_refresh t where t.identity_id = '${other.userId}')`);
  await loggedOut(third.accessToken);
  assert.deepEqual([await isGood(third), await isGood(other)], [true, true]);
});

test('a new password has those revoked that were given before it, by a change and by a code', async () => {
  const before = await api.newcomer();
  const data = { previousPassword: 'bID>idfsf23!', password: NEW };
  const changed = await api.put(
    '/v1/user/change-password',
    { ...EMAIL, data },
    { token: before.accessToken },
  );
  assert.equal(changed.status, 200, changed.text);
  const { data: between } = changed.body;
  assert.deepEqual([await isGood(before), await isGood(between)], [false, true]);
  const { email } = before;
  await api.put('/v1/user/forgot-password', { ...EMAIL, data: { email } });
  const confirmationCode = cognito.codes.at(-1) ?? '';
  const set = { ...EMAIL, data: { email, confirmationCode, password: `${NEW}!` } };
  assert.equal((await api.post('/v1/user/confirm-forgot-password', set)).status, 200);
  assert.equal(await isGood(between), false);
});

test('no refresh token stands anywhere as it is, and none is kept longer than it may work', async () => {
  const session = await api.newcomer();
  await api.login(session.email);
  const boxes = await kept(session.userId);
  assert.equal(boxes.length, 2);
  const [, , signature = ''] = session.refreshToken.split('.');
  for (const { box } of boxes) {
    assert.ok((box?.length ?? 0) > session.refreshToken.length);
    assert.ok(!box?.includes(Buffer.from(signature).toString('hex')));
  }
  await loggedOut(session.accessToken);
  assert.deepEqual(await kept(session.userId), [{ box: null }, { box: null }]);
  assert.ok(!api.server.logs().includes(signature));
});

test('erasing a user destroys what was kept, and removing them removes its rows', async () => {
  const session = await api.newcomer();
  const path = `/api/v1/identities/${toVerification(session.userId)}`;
  assert.equal((await api.server.call('DELETE', path)).status, 200);
  assert.deepEqual(await kept(session.userId), [{ box: null }]);
  clock.advance(2 * 86_400);
  await api.server.purge(1);
  assert.deepEqual(await kept(session.userId), []);
});

test('what is over is removed by the clean-up', async () => {
  const { userId } = await api.newcomer();
  clock.advance(3651 * 86_400);
  await api.server.runJob('housekeeping');
  assert.deepEqual(await kept(userId), []);
});
