import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type IdentifyApi, SECRET, type Shown, startIdentify } from '../../harness/identify.ts';
import { type Environment, selfsame } from '../../quickstart/child.ts';

let api: IdentifyApi;
let settings: Environment;
before(async () => {
  api = await startIdentify();
  settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
});
after(() => api[Symbol.asyncDispose]());

const hmac = (secret: string, { userId, timeStamp }: Shown) =>
  createHmac('sha1', secret).update(`${userId}:${timeStamp}`).digest('hex').toUpperCase();

test('identify 22: signatures are 40 upper-case hexadecimal digits, of user and time alone', async () => {
  const session = await api.newcomer();
  assert.match(session.signature, /^[0-9A-F]{40}$/);
  assert.equal(session.signature, hmac(SECRET, session));
});

test('identify 23: a triple verifies with its project’s secret, and changed or elsewhere it does not', async () => {
  const { now } = Date;
  // The command has the machine's clock.
  api.clock.advance(Math.floor((now() - api.clock.now().getTime()) / 1000));
  const { userId, timeStamp, signature } = await api.newcomer();
  const verify = (triple: Record<string, string>, pool = api.server.quickstart.live.pool_id) => {
    const given = Object.entries({ userId, timeStamp, signature, ...triple }).flatMap(([name, value]) => [
      `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`,
      `${value}`,
    ]);
    return selfsame(settings, 'signature', 'verify', ...given, '--pool', pool);
  };
  assert.equal((await verify({})).code, 0);
  const last = signature.at(-1) === '0' ? '1' : '0';
  for (const changed of [
    { signature: `${signature.slice(0, -1)}${last}` },
    { timeStamp: `${timeStamp + 10}` },
    { userId: userId.replace(/.$/, (digit: string) => (digit === '0' ? '1' : '0')) },
  ])
    assert.equal((await verify(changed)).code, 1);
  assert.equal((await verify({}, api.server.quickstart.sandbox.pool_id)).code, 1);
});

test('identify 24: times of signatures and sign-ups are multiples of ten, and logins exact', async () => {
  api.clock.advance(13);
  const { accessToken, timeStamp, signUp } = await api.newcomer();
  const [device] = (await api.profile(accessToken)).devices;
  assert.deepEqual([timeStamp % 10, signUp % 10], [0, 0]);
  assert.deepEqual([device.timeStamp, device.signUp], [timeStamp, signUp]);
  assert.ok(device.timeStamp <= device.lastLogin);
  assert.equal(device.lastLogin, Math.floor(api.clock.now().getTime() / 1000));
});

test('the step of times is the project’s, and so is the scheme', async () => {
  const poolId = api.server.quickstart.sandbox.app_id;
  await api.server.configureIdentify(
    { timestampStep: 1, signature: { scheme: 'sha1-concat', secret: SECRET } },
    poolId,
  );
  api.clock.advance(1);
  const data = { deviceId: '00000000-0000-4000-8000-000000000001' };
  const pair = { strategy: 'anonymous' };
  const reply = await api.put('/v1/user/login', { ...pair, data }, { projectId: poolId });
  const { timeStamp, signature } = reply.body.data;
  assert.equal(timeStamp, Math.floor(api.clock.now().getTime() / 1000));
  assert.notEqual(signature, hmac(SECRET, reply.body.data));
});

test('identify 25: a new secret signs, and triples of the one before go on verifying', async () => {
  const before = await api.newcomer();
  const pool = api.server.quickstart.live.pool_id;
  const { code, out } = await selfsame(settings, 'identify', 'rotate-secret', '--pool', pool);
  assert.equal(code, 0);
  const session = await api.login(before.email);
  assert.equal(session.signature, hmac(out.trim(), session));
  for (const { userId, timeStamp, signature } of [before, session]) {
    const triple = ['--user-id', userId, '--time-stamp', `${timeStamp}`, '--signature', signature];
    assert.equal((await selfsame(settings, 'signature', 'verify', ...triple, '--pool', pool)).code, 0);
  }
});

test('secrets stand nowhere in the open', async () => {
  const rows = await api.server.sql<{ text: string }>(
    '/* scatter: a test */ select definition::text as text from identify_settings',
  );
  assert.ok(rows.length > 0);
  for (const { text } of rows) assert.ok(!text.includes(SECRET));
  const { out } = await selfsame(
    settings,
    'identify',
    'show',
    '--pool',
    api.server.quickstart.live.pool_id,
    '--json',
  );
  assert.ok(!out.includes(SECRET));
  assert.equal(JSON.parse(out).hasSignatureSecret, true);
});
