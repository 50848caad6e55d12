import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { openInstallation } from '../../src/wiring.ts';
import { TestClock } from '../harness/clock.ts';
import { type CognitoEmulator, startCognito } from '../harness/cognito.ts';
import { assertRefused, EMAIL, type IdentifyApi, type Shown, startIdentify } from '../harness/identify.ts';
import { toVerification } from '../harness/kyc-ids.ts';
import { recordStatement } from '../harness/statements.ts';

// Refresh tokens of providers lie under the keys of whose they are. A logout that has them revoked opens them all.

let api: IdentifyApi;
let cognito: CognitoEmulator;
const clock = new TestClock();
before(async () => {
  cognito = await startCognito(clock);
  api = await startIdentify({ clock });
  const awsCognito = { backend: 'aws', ...cognito.settings() };
  await api.server.configureIdentify({ providers: { awsCognito } });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await cognito[Symbol.asyncDispose]();
});

async function rotate(kind: 'data' | 'pool'): Promise<void> {
  const { database } = api.server;
  const environment = { DATABASE_URL: database.url, SELFSAME_DATA_DIR: database.dataDir };
  const { config } = loadConfig({ mode: 'manage', environment });
  const opened = await openInstallation(config, { log: () => {}, onStatement: recordStatement });
  try {
    await opened.rotations.rotate({ kind, poolId: api.projectId as PoolId });
  } finally {
    await opened.close();
  }
}

const revocations = () => cognito.commands.filter((name) => name === 'RevokeToken').length;

/** @returns How many refresh tokens it had revoked. */
async function logout({ accessToken: token }: Shown): Promise<number> {
  const before = revocations();
  const reply = await api.post('/v1/user/logout', EMAIL, { token });
  assert.equal(reply.status, 200, reply.text);
  return revocations() - before;
}

const boxesOf = async ({ userId }: Shown) =>
  (
    await api.server.sql<{ box: string }>(
      `/* scatter: a test */ select encode(box, 'hex') as box from identify_outside_refresh
       where identity_id = $1::uuid order by digest`,
      [userId],
    )
  ).map(({ box }) => box);

const setBoxes = ({ userId }: Shown, value: string) =>
  api.server.sql(
    `/* scatter: a test */ update identify_outside_refresh set box = ${value} where identity_id = $1::uuid`,
    [userId],
  );

test('refresh tokens open as they were, whichever keys are rotated', async () => {
  const session = await api.newcomer();
  await api.login(session.email);
  for (const kind of ['data', 'pool', 'data'] as const) {
    const before = await boxesOf(session);
    await rotate(kind);
    const after = await boxesOf(session);
    assert.equal(after.length, 2);
    for (const [index, box] of after.entries()) assert.equal(box === before[index], kind === 'pool');
  }
  assert.equal(await logout(session), 2);
});

test('those that are given while data keys are rotated all open afterwards', async () => {
  const session = await api.newcomer();
  let last = session;
  const loggingIn = async () => {
    for (let count = 0; count < 15; count += 1) last = await api.login(session.email);
  };
  await Promise.all([loggingIn(), rotate('data').then(() => rotate('data'))]);
  assert.equal(await logout(last), 16);
});

test('a box that does not open keeps no rotation from its end', async () => {
  const [broken, good] = [await api.newcomer(), await api.newcomer()];
  await setBoxes(broken, `'\\x00'`);
  await rotate('data');
  assert.deepEqual(await boxesOf(broken), ['00']);
  assert.deepEqual([await logout(broken), await logout(good)], [0, 1]);
});

test('a box opens in its own row only', async () => {
  const session = await api.newcomer();
  await api.login(session.email);
  const [first] = await boxesOf(session);
  await setBoxes(session, `decode('${first}', 'hex')`);
  await rotate('data');
  const [own, moved] = await boxesOf(session);
  assert.notEqual(own, first);
  assert.equal(moved, first);
  assert.equal(await logout(session), 1);
});

/** Two users with an account at Cognito each, as one. */
async function mergedUsers() {
  const [primary, secondary] = [await api.newcomer(), await api.newcomer()];
  const body = {
    primary_identity_id: toVerification(primary.userId),
    secondary_identity_id: toVerification(secondary.userId),
  };
  const merged = await api.server.call('POST', '/api/v1/identities/merge', { body });
  assert.equal(merged.status, 200, merged.text);
  const { accessToken: token, refreshToken } = secondary;
  const refresh = () => api.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token });
  return { primary, secondary, refresh };
}

test('a refresh token is that user’s whom its account came to by a merge', async () => {
  const { primary, secondary, refresh } = await mergedUsers();
  const reply = await refresh();
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.data.userId, primary.userId);
  assert.deepEqual(await boxesOf(secondary), []);
  assert.equal(await logout(primary), 2);
});

test('and ends with that user’s logins, though Cognito is told of their own alone', async () => {
  const { primary, refresh } = await mergedUsers();
  assert.equal(await logout(primary), 1);
  assertRefused(await refresh(), 401, 'invalid_token');
});
