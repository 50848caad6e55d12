import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { kycOf, type Shown } from '../harness/kyc.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { type Environment, scratch, selfsame } from '../quickstart/child.ts';

/** Commands beside a server that runs. */
async function prepare(t: TestContext): Promise<{ server: TestServer; settings: Environment; pool: string }> {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  return { server, settings, pool: server.quickstart.live.pool_id };
}

async function json(settings: Environment, ...args: readonly string[]): Promise<Shown> {
  const { code, out, err } = await selfsame(settings, 'kyc', ...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const CODES = ['deposit:stablecoin', 'deposit:wire', 'withdrawal:stablecoin', 'withdrawal:wire'];
const BUILTIN = {
  ...{ provider: 'builtin', kind: 'builtin', isEnabled: true, approvesAutomatically: false, url: null },
  operations: CODES,
};
const URL = 'http://127.0.0.1:9/cases';

test('providers are set while a server runs, which goes by it at once', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const api = await kycOf(server);
  const providersOf = async (id: string) =>
    (await api.identity(id)).kycStatus.map(({ provider }: Shown) => provider);
  const early = await api.create();
  assert.deepEqual(await json(settings, 'show', '--pool', pool), [BUILTIN]);

  const set = ['provider', 'set', '--pool', pool, '--provider'];
  const { secret, ...made } = await json(settings, ...set, 'acme', '--url', URL);
  const acme = { ...BUILTIN, provider: 'acme', kind: 'http', url: URL };
  assert.deepEqual(made, acme);
  assert.match(secret, /^kycsec_[0-9a-z]{50,}$/i);
  assert.deepEqual(await json(settings, ...set, 'builtin', '--disable'), {
    ...{ ...BUILTIN, isEnabled: false },
    secret: null,
  });
  assert.deepEqual(await json(settings, 'show', '--pool', pool), [acme, { ...BUILTIN, isEnabled: false }]);

  const { id } = await api.create();
  assert.deepEqual(await providersOf(id), ['acme']);
  assert.ok(!(await providersOf(early.id)).includes('acme'), 'who was there already gets no entry at once');
  assert.equal((await api.patch(early.id, { name: 'Ana Maria Silva' })).status, 200);
  assert.ok((await providersOf(early.id)).includes('acme'), 'but with the next change of KYC data');

  await json(settings, ...set, 'acme', '--operations', 'deposit:wire');
  const operations = await api.get(`/identities/${id}/operations`);
  assert.deepEqual([...new Set(operations.body.data.map(({ code }: Shown) => code))], ['deposit:wire']);
  await json(settings, ...set, 'builtin', '--enable', '--approve-automatically');
  const shown = await json(settings, 'show', '--pool', pool);
  assert.deepEqual(
    shown.map((one: Shown) => [one.provider, one.isEnabled, one.approvesAutomatically, one.operations]),
    [
      ['acme', true, false, ['deposit:wire']],
      ['builtin', true, true, CODES],
    ],
  );

  const events = await server.call('GET', '/api/v1/events?limit=100', {
    headers: { 'x-api-key': server.quickstart.live.api_key },
  });
  const changes = events.body.data
    .filter(({ type }: Shown) => type === 'api.pool.configure')
    .map(({ metadata }: Shown) => metadata.changed_fields)
    .filter(([field]: string[]) => field?.startsWith('kyc_providers.'));
  assert.deepEqual(changes, [
    ['kyc_providers.builtin.enabled', 'kyc_providers.builtin.approves_automatically'],
    ['kyc_providers.acme.operations'],
    ['kyc_providers.builtin.enabled'],
    ['kyc_providers.acme.url', 'kyc_providers.acme.secret'],
  ]);
  assert.deepEqual(await json(settings, 'show', '--pool', server.quickstart.sandbox.pool_id), [BUILTIN]);
});

test('setting it again is nothing, another secret is another, and what is removed is gone', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const set = ['provider', 'set', '--pool', pool, '--provider', 'acme'];
  const { secret } = await json(settings, ...set, '--url', URL);
  const before = await server.sql('select id from audit_entries');
  assert.equal((await json(settings, ...set, '--url', URL, '--enable')).secret, null);
  assert.deepEqual(await server.sql('select id from audit_entries'), before);

  const renewed = await selfsame(settings, 'kyc', ...set, '--rotate-secret');
  const [other = ''] = /^kycsec_\S+$/m.exec(renewed.out) ?? [];
  assert.ok(other !== '' && other !== secret, renewed.out);
  const [stored] = await server.sql<{ definition: object }>('select definition from kyc_providers');
  assert.deepEqual(Object.keys(stored?.definition ?? {}).sort(), [
    ...['approvesAutomatically', 'operations', 'url'],
  ]);

  const shown = await selfsame(settings, 'kyc', 'show', '--pool', pool);
  assert.match(shown.out, /^acme\s+enabled\s+http\s+by itself\s+\S+\s+http:\/\/127\.0\.0\.1:9\/cases$/m);
  assert.ok(!shown.out.includes('kycsec_'));
  const gone = await selfsame(settings, 'kyc', 'provider', 'remove', '--pool', pool, '--provider', 'acme');
  assert.deepEqual([gone.code, gone.out], [0, 'Removed acme.\n']);
  assert.deepEqual(await json(settings, 'show', '--pool', pool), [BUILTIN]);
  assert.deepEqual(await server.sql('select * from kyc_providers'), []);
});

test('what cannot be set is told by its name, and nothing is done', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const missing = '01900000-0000-7000-8000-000000000000';
  const set = (...more: readonly string[]) => ['provider', 'set', '--pool', pool, '--provider', ...more];
  const refused: [readonly string[], number, RegExp][] = [
    [['show', '--pool', missing], 1, /no such resource/],
    [['provider', 'remove', '--pool', pool, '--provider', 'acme'], 1, /no such resource/],
    [['provider', 'remove', '--pool', pool, '--provider', 'builtin'], 1, /can be disabled/],
    [set('acme', '--enable'), 1, /^url must be given/],
    [set('acme', '--url', 'ftp://example.com'), 1, /^url must be/],
    [set('acme', '--url', 'https://a:b@example.com'), 1, /^url must be/],
    [set('Acme_1', '--url', URL), 1, /^provider must be/],
    [set('builtin', '--url', URL), 1, /^url is of providers outside/],
    [set('acme', '--url', URL, '--approve-automatically'), 1, /^approves_automatically is of/],
    [set('builtin', '--operations', 'fly'), 1, /^operations must be some of deposit/],
    [set('builtin'), 2, /something to set/],
    [set('builtin', '--enable', '--disable'), 2, /exclude each other/],
    [['provider', 'set', '--pool', pool], 2, /needs --provider/],
    [['provider', 'set', '--provider', 'builtin'], 2, /needs --pool/],
    [['provider'], 2, /./],
  ];
  for (const [args, code, text] of refused) {
    const ended = await selfsame(settings, 'kyc', ...args);
    assert.deepEqual([ended.code, ended.out], [code, ''], `${args.join(' ')}: ${ended.err}`);
    assert.match(ended.err, text);
  }
  assert.deepEqual(await server.sql('select * from kyc_providers'), []);
});

test('a server that may call no private address sends cases of live pools by https only', async (t) => {
  const { settings, pool } = await prepare(t);
  const file = join(scratch(t), 'selfsame.json');
  writeFileSync(file, JSON.stringify({ outgoing: { allowPrivate: [] } }));
  const set = ['kyc', 'provider', 'set', '--config', file, '--pool', pool, '--provider', 'acme', '--url'];
  const ended = await selfsame(settings, ...set, 'http://example.com/cases');
  assert.deepEqual([ended.code, ended.out], [1, ''], ended.err);
  assert.match(ended.err, /must be an https URL/);
  assert.equal((await selfsame(settings, ...set, 'https://example.com/cases')).code, 0);
});

test('help tells the options', async () => {
  const { code, out } = await selfsame({}, 'kyc', 'provider', 'set', '--help');
  assert.equal(code, 0);
  for (const option of ['--pool', '--provider', '--url', '--operations', '--disable', '--rotate-secret'])
    assert.ok(out.includes(option), option);
});
