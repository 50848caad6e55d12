import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, scratch, selfsame, serveInChild } from './child.ts';

const ID = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A revocation holds everywhere within this time; the rest is for the requests that look. */
const REVOKED_MS = 2000;
const LOOKING_MS = 1000;

interface Quickstart {
  readonly url: string;
  readonly live: { readonly pool_id: string; readonly app_id: string; readonly api_key: string };
  readonly [key: string]: unknown;
}

function readQuickstart(dataDir: string): Quickstart {
  return JSON.parse(readFileSync(join(dataDir, 'quickstart.json'), 'utf8'));
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function curlLines(child: Child): string[] {
  return child
    .out()
    .split('\n')
    .filter((line) => line.startsWith('curl '));
}

/** Runs a line as a shell would; where there is no curl, what it says is done by hand. */
async function paste(line: string): Promise<{ status: string; [key: string]: unknown }> {
  const shell = spawnSync('sh', ['-c', 'command -v curl >/dev/null || exit 127; eval "$1"', 'sh', line], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (shell.status === 0) return JSON.parse(shell.stdout);
  assert.equal(shell.status, 127, shell.stderr);
  const url = /'?(http:[^ ']+)/.exec(line)?.[1] ?? '';
  const headers = [...line.matchAll(/-H '([^:]+): ([^']+)'/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  );
  const body = /-d '([^']+)'/.exec(line)?.[1];
  const method = /-X (\w+)/.exec(line)?.[1] ?? (body === undefined ? 'GET' : 'POST');
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return (await response.json()) as { status: string };
}

async function call(child: Child, key: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${child.url}${path}`, { ...init, headers });
  // biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
  return { status: response.status, body: (await response.json()) as any };
}

test('a first start makes everything, its lines work when pasted, and a second start finds it all', async (t) => {
  const dataDir = join(scratch(t), 'data');
  const settings = { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0' };
  const first = await serveInChild(t, settings);
  const made = readQuickstart(dataDir);

  assert.deepEqual(Object.keys(made), ['url', 'account_id', 'domain_id', 'live', 'sandbox']);
  assert.equal(made.url, first.url);
  assert.match(first.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  for (const key of ['account_id', 'domain_id']) assert.match(String(made[key]), ID);
  for (const environment of ['live', 'sandbox']) {
    const entry = made[environment] as Record<string, string>;
    assert.deepEqual(Object.keys(entry), ['pool_id', 'app_id', 'api_key']);
    assert.match(entry.pool_id ?? '', ID);
    assert.match(entry.app_id ?? '', UUID);
    assert.ok(entry.api_key?.startsWith(`vk_${environment}_`));
  }
  assert.equal(modeOf(join(dataDir, 'quickstart.json')), '600');
  assert.equal(modeOf(join(dataDir, 'root.key')), '600');

  const pages = /^ {2}pages +(http:\/\/localhost:\d+\/)$/m.exec(first.out())?.[1] ?? '';
  assert.match(await (await fetch(pages)).text(), /<h1[^>]*>Welcome/);

  const lines = curlLines(first);
  const [create = '', list = '', makeStub = '', update = '', makePerson = '', find = '', ...others] = lines;
  assert.equal(others.length, 4);
  const created = await paste(create);
  assert.equal(created.status, 'success', JSON.stringify(created));
  const { id } = created.details as { id: string };
  const listed = await paste(list);
  assert.deepEqual(
    (listed.summaries as { id: string }[]).map((summary) => summary.id),
    [id],
  );

  const stub = await paste(makeStub);
  assert.deepEqual([stub.external_ref, stub.upserted], ['user-1', false]);
  assert.equal((await paste(makeStub)).upserted, true);
  const shown = await paste(update);
  assert.deepEqual([shown.id, shown.extracted_data], [stub.id, { first_name: 'Ada' }]);

  const person = (await paste(makePerson)).data as { id: string; appId: string; kycStatus: unknown[] };
  assert.deepEqual([person.appId, person.kycStatus.length], [made.live.app_id, 1]);
  const found = await paste(find);
  assert.deepEqual([found.total, (found.data as { id: string }[]).map((one) => one.id)], [1, [person.id]]);

  const [makeIdentity = '', findIdentity = '', register = '', logIn = ''] = others;
  const identity = await paste(makeIdentity);
  const held = (await paste(findIdentity)) as unknown as { id: string }[];
  assert.deepEqual(
    held.map((one) => one.id),
    [identity.id],
  );

  assert.equal((await paste(register)).result, 1);
  const user = (await paste(logIn)).data as { userId: string; accessToken: string };
  assert.match(user.userId, UUID);

  const key = made.live.api_key;
  const factors = [{ name: 'email', type: 'email', value: 'test@example.com' }];
  const change = { method: 'PUT', body: JSON.stringify({ factors, metadata: {} }) };
  const updated = await call(first, key, `/api/v1/identity/${id}`, change);
  assert.equal(updated.status, 200);
  assert.equal(updated.body.details.title, 'test@example.com');

  const stopped = await first.stop();
  assert.equal(stopped.code, 0, stopped.err);

  const second = await serveInChild(t, settings);
  const kept = readQuickstart(dataDir);
  assert.deepEqual({ ...kept, url: '' }, { ...made, url: '' });
  assert.equal(kept.url, second.url);
  const read = await call(second, key, `/api/v1/identity/${id}`);
  assert.deepEqual(read.body.details, updated.body.details);
  assert.equal((await second.stop()).code, 0);
});

test('beside a running server, commands use its database, and a second server is refused', async (t) => {
  const dataDir = join(scratch(t), 'data');
  const settings = { SELFSAME_DATA_DIR: dataDir };
  const server = await serveInChild(t, { ...settings, SELFSAME_PORT: '0' });
  const { live } = readQuickstart(dataDir);
  const path = `/api/v1/identity?pool_id=${live.pool_id}`;

  const other = await selfsame({ ...settings, SELFSAME_PORT: '0' }, 'start');
  assert.equal(other.code, 1);
  assert.match(other.err, new RegExp(`in use by another Selfsame process \\(pid ${server.pid}\\)`));
  assert.match(other.err, /Stop it first, or give this one another SELFSAME_DATA_DIR/);

  const created = await selfsame(
    settings,
    ...[
      'keys',
      'create',
      '--pool',
      live.pool_id,
      '--grant',
      'identities:read',
      '--label',
      'beside',
      '--json',
    ],
  );
  assert.equal(created.code, 0, created.err);
  const { id, secret } = JSON.parse(created.out);
  assert.equal((await call(server, secret, path)).status, 200);

  const listed = await selfsame(settings, 'keys', 'list', '--json');
  const entry = JSON.parse(listed.out).find((listedKey: { id: string }) => listedKey.id === id);
  assert.deepEqual([entry.label, entry.state], ['beside', 'active']);

  const examined = await selfsame(settings, 'doctor');
  assert.equal(examined.code, 0, examined.out + examined.err);

  const revoked = await selfsame(settings, 'keys', 'revoke', id);
  assert.deepEqual([revoked.code, revoked.out], [0, `revoked ${id}\n`]);
  const deadline = performance.now() + REVOKED_MS + LOOKING_MS;
  let status = 200;
  while (status === 200 && performance.now() < deadline) {
    ({ status } = await call(server, secret, path));
    if (status === 200) await delay(50);
  }
  assert.equal(status, 401);

  // None of the commands took the database along when it ended.
  assert.equal((await call(server, live.api_key, path)).status, 200);
  assert.equal((await server.stop()).code, 0);
});

test('a request under way when SIGTERM comes is finished', async (t) => {
  const dataDir = join(scratch(t), 'data');
  const server = await serveInChild(t, { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0' });
  const { live } = readQuickstart(dataDir);
  const items = Array.from({ length: 100 }, (_, index) => ({
    _type: 'identities/create',
    idempotency_key: `drain-${index}-key`,
    pool_id: live.pool_id,
    details: { factors: [{ name: 'email', type: 'email', value: `drain-${index}@example.com` }] },
  }));
  const answer = call(server, live.api_key, '/api/v1/bulk', {
    method: 'POST',
    body: JSON.stringify({ items }),
  });
  // Its head has arrived once the server has made the first of them; a list shows that.
  const path = `/api/v1/identity?pool_id=${live.pool_id}`;
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { body } = await call(server, live.api_key, path);
    if (body.pagination.item_count > 0 || performance.now() > deadline) break;
  }
  const ended = server.stop();
  const { status, body } = await answer;
  assert.equal(status, 200);
  assert.equal(Object.keys(body.outputs).length, items.length);
  assert.equal((await ended).code, 0);
});

test('faulty settings: every fault in one message, exit 1, and nothing made', async (t) => {
  const directory = scratch(t);
  const dataDir = join(directory, 'data');
  const { code, out, err } = await selfsame(
    {
      SELFSAME_DATA_DIR: dataDir,
      SELFSAME_PORT: 'eighty',
      SELFSAME_HOST: '0.0.0.0',
      SELFSAME_LOG_LEVEL: 'loud',
      SELFSAME_PROT: '80',
    },
    'start',
  );
  assert.equal(code, 1);
  assert.equal(out, '');
  for (const name of ['SELFSAME_PORT', 'SELFSAME_LOG_LEVEL', 'SELFSAME_PROT'])
    assert.match(err, new RegExp(name));
  assert.equal(existsSync(dataDir), false);
  const outside = await selfsame({ SELFSAME_DATA_DIR: dataDir, SELFSAME_HOST: '0.0.0.0' }, 'start');
  assert.equal(outside.code, 1);
  assert.match(outside.err, /loopback only/);
  assert.equal(existsSync(dataDir), false);
});
