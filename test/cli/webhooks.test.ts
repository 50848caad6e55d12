import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startServer, type TestServer } from '../harness/server.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

async function prepare(t: TestContext): Promise<{ server: TestServer; settings: Environment; pool: string }> {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  return { server, settings, pool: server.quickstart.live.pool_id };
}

test('an endpoint made by the command is one that the routes show, without its secret', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const wanted = [
    '--events',
    'identity.updated,identity.created',
    '--inflection',
    'camel',
    '--label',
    'Mine',
  ];
  const url = 'http://127.0.0.1:9/hook';
  const made = await selfsame(settings, 'webhooks', 'add', '--pool', pool, '--url', url, ...wanted, '--json');
  assert.equal(made.code, 0, made.err);
  const { id, secret } = JSON.parse(made.out);
  assert.match(id, /^whe_/);
  assert.match(secret, /^whsec_/);

  const shown = await server.call('GET', `/api/v1/webhooks/${id}`);
  assert.equal(shown.status, 200, shown.text);
  assert.deepEqual(
    [shown.body.url, shown.body.enabled_events, shown.body.key_inflection, shown.body.label],
    [url, ['identity.updated', 'identity.created'], 'camel', 'Mine'],
  );
  assert.ok(!shown.text.includes(secret));

  const listed = await selfsame(settings, 'webhooks', 'list', '--pool', pool, '--json');
  assert.deepEqual(JSON.parse(listed.out), [
    {
      ...{ id, url, dialect: 'verification', isActive: true, label: 'Mine' },
      enabledEvents: ['identity.updated', 'identity.created'],
    },
  ]);
  const lines = await selfsame(settings, 'webhooks', 'list', '--pool', pool);
  assert.ok(lines.out.includes(id) && lines.out.includes('active') && !lines.out.includes(secret));
  const other = await selfsame(
    settings,
    ...['webhooks', 'list', '--pool', server.quickstart.sandbox.pool_id, '--json'],
  );
  assert.deepEqual(JSON.parse(other.out), []);
});

test('what is wrong is told, and nothing is made', async (t) => {
  const { settings, pool } = await prepare(t);
  const add = (...args: string[]) => selfsame(settings, 'webhooks', 'add', ...args);
  const url = ['--url', 'https://example.com/hook'];
  assert.equal((await add(...url)).code, 2);
  assert.equal((await add('--pool', pool)).code, 2);
  assert.equal((await add('--pool', pool, ...url, '--inflection', 'loud')).code, 2);
  for (const wrong of [
    ['--url', 'ftp://example.com'],
    [...url, '--dialect', 'nobody'],
    [...url, '--events', 'no.such.event'],
    [...url, '--api-version', '2020-01-01'],
  ]) {
    const { code, err } = await add('--pool', pool, ...wrong);
    assert.equal(code, 1, wrong.join(' '));
    assert.notEqual(err, '');
  }
  const unknown = '00000000-0000-7000-8000-000000000000';
  assert.equal((await add('--pool', unknown, ...url)).code, 1);
  const listed = await selfsame(settings, 'webhooks', 'list', '--pool', pool, '--json');
  assert.deepEqual(JSON.parse(listed.out), []);
});
