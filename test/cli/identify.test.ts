import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type IdentifyApi, NO_LOGIN, startIdentify } from '../harness/identify.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: IdentifyApi;
let settings: Environment;
let pool: string;
let directory: string;
before(async () => {
  api = await startIdentify();
  settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
  pool = api.server.quickstart.sandbox.pool_id;
  directory = mkdtempSync(join(tmpdir(), 'selfsame-identify-'));
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function configure(document: unknown, environment: Environment = {}) {
  const file = join(directory, 'project.json');
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  const given = ['--pool', pool, '--file', file, '--json'];
  return selfsame({ ...settings, ...environment }, 'identify', 'configure', ...given);
}

async function set(document: object, environment: Environment = {}) {
  const { code, out, err } = await configure(document, environment);
  assert.equal(code, 0, err);
  return { shown: JSON.parse(out), out };
}

test('what is not named stays, and a provider is set as a whole', async () => {
  const first = await set({ name: 'Fans', limits: { devices: 7 }, cors: { origins: ['https://a.example'] } });
  assert.deepEqual(
    [first.shown.name, first.shown.limits.devices, first.shown.limits.loginHistory],
    ['Fans', 7, 100],
  );
  const local = { passwordPolicy: { minLength: 12, symbol: false } };
  const second = await set({ providers: { local }, timestampStep: 5 });
  assert.deepEqual([second.shown.name, second.shown.timestampStep], ['Fans', 5]);
  const { passwordPolicy, autoConfirm } = second.shown.providers.local.settings;
  assert.deepEqual(
    [passwordPolicy.minLength, passwordPolicy.symbol, passwordPolicy.upper, autoConfirm],
    [12, false, true, true],
  );
  const third = await set({ providers: { local: null } });
  assert.equal(third.shown.providers.local.settings.passwordPolicy.minLength, 8);
});

test('secrets come from the environment, and are never shown', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
  const facebook = { appId: '123', appSecret: '${FACEBOOK_SECRET}' };
  const { out, shown } = await set({ providers: { facebook } }, { FACEBOOK_SECRET: 'fb-secret-value' });
  assert.ok(!out.includes('fb-secret-value'));
  assert.deepEqual(shown.providers.facebook.settings, { kind: 'facebook', appId: '123' });
  const rows = await api.server.sql<{ text: string }>(
    '/* scatter: a test */ select definition::text as text from identify_settings',
  );
  for (const { text } of rows) assert.ok(!text.includes('fb-secret-value'));
  const missing = await configure({ providers: { facebook } });
  assert.equal(missing.code, 2);
  assert.match(missing.err, /FACEBOOK_SECRET/);
});

test('a running server goes by what was set', async () => {
  const projectId = api.server.quickstart.sandbox.app_id;
  const call = () => api.post('/v1/user', NO_LOGIN, { projectId });
  assert.equal((await call()).status, 200);
  await set({ providers: { noLogin: { enabled: false } } });
  assert.equal((await call()).body.error.code, 'provider_not_enabled');
  await set({ providers: { noLogin: { enabled: true } } });
  assert.equal((await call()).status, 200);
});

test('everything that is wrong is told at once, and nothing changes', async () => {
  const show = async () => (await selfsame(settings, 'identify', 'show', '--pool', pool, '--json')).out;
  const before = await show();
  const { code, err } = await configure({
    ...{
      nmae: 'x',
      timestampStep: 0,
      cors: { origins: ['*'] },
      signature: { secret: 'short', scheme: 'md5' },
    },
    ...{ limits: { devices: 'many' }, compat: { seedMessages: 'yes' } },
    providers: {
      google: {},
      anonymous: { strategy: 'email' },
      'bad name': {},
      own: { issuer: 'no url', odd: 1 },
    },
  });
  assert.equal(code, 1);
  for (const name of ['nmae', 'timestampStep', 'origins', 'secret', 'scheme', 'devices', 'seedMessages'])
    assert.match(err, new RegExp(name));
  for (const name of ['clientIds', 'strategy', 'bad name', 'issuer', 'odd'])
    assert.match(err, new RegExp(name));
  assert.equal(await show(), before);
  assert.equal((await configure({ defaults: { email: 'nobody' } })).code, 1);
  assert.equal((await configure('{')).code, 2);
});

test('an entry of the log says what was set, not to what', async () => {
  await set({ name: 'Supporters' });
  const rows = await api.server.sql<{ fields: string[] }>(
    `/* scatter: a test */ select fields from audit_entries where action = 'pool.configured' order by id desc limit 1`,
  );
  assert.deepEqual(rows[0]?.fields, ['identify.name']);
});

test('a signature is checked without an installation, by a secret in a file', async () => {
  const file = join(directory, 'signature.secret');
  writeFileSync(file, 'test-secret\n');
  const triple = ['--user-id', '3bd439c2-8ffe-416e-94ed-456f83a91848', '--time-stamp', '1633435760'];
  const check = (signature: string, ...more: string[]) =>
    selfsame({}, 'signature', 'verify', ...triple, '--signature', signature, '--secret-file', file, ...more);
  const age = ['--max-age', '99999999999'];
  assert.equal((await check('DEA11B0C18022DAE99B37995C61FEC0C4448831B', ...age)).code, 0);
  assert.equal((await check('21D363DDE38B24CD1D4BB51CAA5DD3E9409406A5', ...age)).code, 1);
  const concat = ['--scheme', 'sha1-concat'];
  assert.equal((await check('21D363DDE38B24CD1D4BB51CAA5DD3E9409406A5', ...age, ...concat)).code, 0);
  assert.equal((await check('DEA11B0C18022DAE99B37995C61FEC0C4448831B')).code, 1);
  assert.equal((await selfsame({}, 'signature', 'verify', ...triple, '--signature', 'x')).code, 2);
});
