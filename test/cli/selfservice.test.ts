import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nativeClient } from '../harness/flows.ts';
import { type IamApi, startIam } from '../harness/iam.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-settings-'));
const FILE = join(folder, 'self-service.json');

let api: IamApi;
let settings: Environment;
let pool: string;
before(async () => {
  api = await startIam();
  settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
  pool = api.server.quickstart.live.pool_id;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const run = (...args: readonly string[]) => selfsame(settings, 'selfservice', ...args);
async function configure(document: unknown, ...more: readonly string[]) {
  writeFileSync(FILE, typeof document === 'string' ? document : JSON.stringify(document));
  return run('configure', '--pool', pool, '--file', FILE, ...more);
}
const secondsOfLogin = async () => {
  const { body } = await nativeClient(api).begin('login');
  return (Date.parse(body.expires_at) - Date.parse(body.issued_at)) / 1000;
};

test('settings are set while a server runs, which goes by them at once; what is left out is taken back', async () => {
  assert.equal(await secondsOfLogin(), 3600);
  const { code, out, err } = await configure({ flowSeconds: { login: 600 } }, '--json');
  assert.equal(code, 0, err);
  const { own, offered } = JSON.parse(out);
  assert.deepEqual(own, { flowSeconds: { login: 600 } });
  assert.deepEqual([offered.flowSeconds.login, offered.flowSeconds.settings], [600, 3600]);
  assert.equal(await secondsOfLogin(), 600);
  assert.equal((await configure({})).code, 0);
  assert.equal(await secondsOfLogin(), 3600);
});

test('what is the pool’s own is marked', async () => {
  await configure({ methods: { link: { enabled: true } }, returnTo: ['https://app.example.com'] });
  const { out } = await run('show', '--pool', pool);
  const lines = out.split('\n');
  assert.ok(
    lines.some((line) => /^\* +methods\.link\.enabled +yes$/.test(line)),
    out,
  );
  assert.ok(lines.some((line) => /^\* +returnTo +https:\/\/app\.example\.com$/.test(line)));
  assert.ok(lines.some((line) => /^ +methods\.totp\.enabled +yes$/.test(line)));
});

test('every problem of the file is told at once, and nothing is set', async () => {
  await configure({});
  const { code, err } = await configure({
    flowSeconds: { login: 1 },
    hooks: { requireVerifiedAddress: 'yes' },
    x: 1,
  });
  assert.equal(code, 1);
  for (const name of ['flowSeconds', 'requireVerifiedAddress', 'x']) assert.match(err, new RegExp(name));
  assert.equal(await secondsOfLogin(), 3600);
});

test('a change says what, not to what; setting what is set already is nothing', async () => {
  const entries = () =>
    api.server.sql<{ fields: string[] }>(
      `/* scatter: a test */ select fields from audit_entries where action = 'pool.configured' order by id`,
    );
  await configure({});
  const count = (await entries()).length;
  const document = { uiUrl: 'https://ui.example.com', hooks: { revokeOtherSessions: { login: true } } };
  await configure(document);
  await configure(document);
  const now = await entries();
  assert.equal(now.length, count + 1);
  assert.deepEqual(now.at(-1)?.fields, [
    'self_service.hooks.revoke_other_sessions.login',
    'self_service.ui_url',
  ]);
});

test('called wrongly: 2, and nothing is done', async () => {
  assert.equal((await run('configure', '--pool', pool)).code, 2);
  assert.equal((await run('show')).code, 2);
  assert.equal((await configure('{')).code, 2);
  assert.equal((await run('configure', '--pool', pool, '--file', join(folder, 'none'))).code, 2);
});
