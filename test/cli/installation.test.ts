import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freshDatabase } from '../harness/postgres.ts';
import { type Environment, scratch, selfsame, serveInChild } from '../quickstart/child.ts';

const REVOKED_MS = 3000;
const METRICS_TOKEN = 'a-token-for-metrics-only';

/** Settings for an empty database and a root key made by the command, as an operator would begin. */
async function prepare(t: TestContext): Promise<Environment> {
  const directory = scratch(t);
  const database = await freshDatabase({ empty: true });
  t.after(() => database.drop());
  const settings = {
    DATABASE_URL: database.url,
    SELFSAME_DATA_DIR: join(directory, 'data'),
    SELFSAME_ROOT_KEY_FILE: join(directory, 'root.key'),
  };
  const made = await selfsame({}, 'keys', 'generate-root', '--out', settings.SELFSAME_ROOT_KEY_FILE);
  assert.equal(made.code, 0, made.err);
  return settings;
}

async function lines(settings: Environment, ...args: readonly string[]): Promise<string[]> {
  const { code, out, err } = await selfsame(settings, ...args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return out.trimEnd().split('\n');
}

function status(url: string, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return fetch(`${url}/api/v1/account`, { headers }).then((response) => response.status);
}

/** Asks until it is so, for as long as a change may take to hold in a running server. */
async function comesTo(wanted: number, url: string, key: string): Promise<void> {
  const deadline = performance.now() + REVOKED_MS;
  while ((await status(url, key)) !== wanted && performance.now() < deadline) await delay(50);
  assert.equal(await status(url, key), wanted);
}

test('an installation is made, served and administered by commands', async (t) => {
  const settings = await prepare(t);
  const before = await selfsame(settings, 'doctor', '--json');
  assert.equal(before.code, 1);
  const pending = JSON.parse(before.out).find(({ name }: { name: string }) => name === 'migrations');
  assert.deepEqual([pending.ok, /^pending: 0001_/.test(pending.detail)], [false, true]);

  const unmigrated = await selfsame({ ...settings, SELFSAME_HOST: '127.0.0.1', SELFSAME_PORT: '0' }, 'serve');
  assert.equal(unmigrated.code, 1);
  assert.match(unmigrated.err, /migrat/i);

  assert.match((await lines(settings, 'migrate'))[0] ?? '', /^applied 0001_/);
  assert.deepEqual(await lines(settings, 'migrate'), ['nothing to apply']);

  const account = await selfsame(settings, 'accounts', 'create', '--title', 'First');
  assert.equal(account.code, 0, account.err);
  const first = account.out.trim();
  assert.match(first, /^vk_live_[0-9a-z]+$/);
  const [, sandboxPool = ''] = /^Sandbox pool {2}([0-9a-z]{32}) {2}[0-9a-f-]{36}$/m.exec(account.err) ?? [];
  const grant = ['--grant', 'identities:read'];
  assert.match(
    (await lines(settings, 'keys', 'create', '--pool', sandboxPool, ...grant))[0] ?? '',
    /^vk_sandbox_/,
  );

  const listed = JSON.parse((await lines(settings, 'keys', 'list', '--json')).join('')).find(
    (key: { environment: string }) => key.environment === 'live',
  );
  const server = await serveInChild(
    t,
    { ...settings, SELFSAME_HOST: '127.0.0.1', SELFSAME_PORT: '0' },
    'serve',
  );
  assert.equal(await status(server.url, first), 200);
  // The first account's live pool is the one that a request means that names none.
  assert.equal((await fetch(`${server.url}/schemas`)).status, 200);

  const [secret = ''] = await lines(
    settings,
    'keys',
    'create',
    '--pool',
    listed.poolId,
    '--grant',
    'identities:read',
  );
  assert.match(secret, /^vk_live_/);
  const all = JSON.parse((await lines(settings, 'keys', 'list', '--json')).join(''));
  const { id } = all.find(
    (key: { id: string; environment: string }) => key.id !== listed.id && key.environment === 'live',
  );
  assert.equal(await status(server.url, secret), 200);
  await lines(settings, 'keys', 'suspend', id);
  await comesTo(401, server.url, secret);
  await lines(settings, 'keys', 'resume', id);
  await comesTo(200, server.url, secret);
  await lines(settings, 'keys', 'revoke', id);
  await comesTo(401, server.url, secret);
  assert.match((await lines(settings, 'keys', 'list')).join('\n'), /revoked/);
  assert.equal((await selfsame(settings, 'keys', 'revoke', listed.poolId)).code, 1);

  assert.equal((await selfsame(settings, 'doctor')).code, 0);
  assert.equal((await server.stop()).code, 0);
});

test('serve shows metrics to whoever has the token, and to nobody where there is none', async (t) => {
  const settings = { ...(await prepare(t)), SELFSAME_HOST: '127.0.0.1', SELFSAME_PORT: '0' };
  await lines(settings, 'migrate');
  const closed = await serveInChild(t, settings, 'serve');
  assert.equal((await fetch(`${closed.url}/metrics`)).status, 404);
  assert.equal((await fetch(`${closed.url}/health/ready`)).status, 200);
  await closed.stop();
  const open = await serveInChild(t, { ...settings, SELFSAME_SERVER_METRICS_TOKEN: METRICS_TOKEN }, 'serve');
  assert.equal((await fetch(`${open.url}/metrics`)).status, 401);
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  assert.equal((await fetch(`${open.url}/metrics`, { headers })).status, 200);
  await open.stop();
});

test('a root key file is its owner’s alone, is never replaced, and a wrong one is refused by its id', async (t) => {
  const settings = await prepare(t);
  const path = settings.SELFSAME_ROOT_KEY_FILE ?? '';
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const before = readFileSync(path, 'utf8');
  const again = await selfsame({}, 'keys', 'generate-root', '--out', path);
  assert.equal(again.code, 1);
  assert.equal(readFileSync(path, 'utf8'), before);

  await lines(settings, 'migrate');
  await lines(settings, 'accounts', 'create', '--title', 'First');
  const needed = JSON.parse(before).keys[0].id;
  const other = `${path}.other`;
  await lines({}, 'keys', 'generate-root', '--out', other);
  const refused = await selfsame({ ...settings, SELFSAME_ROOT_KEY_FILE: other }, 'doctor');
  assert.equal(refused.code, 1);
  assert.ok(refused.out.includes(needed), refused.out);

  chmodSync(path, 0o644);
  const readable = await selfsame(settings, 'doctor');
  assert.match(readable.out, /FAIL {2}root key .*chmod 600/);
  assert.equal((await selfsame({}, 'keys', 'generate-root')).code, 2);
});

test('config check tells every fault, and opens nothing', async (t) => {
  const file = join(scratch(t), 'settings.json');
  writeFileSync(file, JSON.stringify({ server: { port: 'x', colour: 'red' }, log: { level: 7 } }));
  const { code, out, err } = await selfsame({}, 'config', 'check', '--config', file);
  assert.equal(code, 1);
  assert.equal(out, '');
  for (const key of ['server.port', 'server.colour', 'log.level', 'server.host', 'rootKey', 'database.url']) {
    assert.ok(err.includes(key), `${key} in ${err}`);
  }
  assert.deepEqual(await lines({}, 'config', 'check', '--mode', 'start'), ['ok']);
});
