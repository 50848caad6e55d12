import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startServer, type TestServer } from '../harness/server.ts';
import { type Environment, scratch, selfsame } from '../quickstart/child.ts';

/** Commands beside a server that runs. */
async function prepare(t: TestContext): Promise<{ server: TestServer; settings: Environment; pool: string }> {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  return { server, settings, pool: server.quickstart.live.pool_id };
}

const ISSUER = 'https://login.example.com';
const SECRET = 'a client secret of many letters';

async function loginLabels(server: TestServer): Promise<string[]> {
  const { body } = await server.call('GET', '/self-service/login/api', { key: null });
  return body.ui.nodes.flatMap((node: { group: string; meta: { label: { text: string } } }) =>
    node.group === 'oidc' ? [node.meta.label.text] : [],
  );
}

test('providers are added, changed and removed while a server runs, which goes by it at once', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const file = (name: string, text: string) => {
    const path = join(scratch(t), name);
    writeFileSync(path, text);
    return path;
  };
  const run = async (...args: readonly string[]) => {
    const { code, out, err } = await selfsame(settings, 'oidc', ...args);
    assert.equal(code, 0, err);
    assert.ok(!`${out}${err}`.includes(SECRET));
    return out;
  };
  const add = (...args: readonly string[]) =>
    run('add', '--pool', pool, '--provider', 'acme', '--json', ...args).then((out) => JSON.parse(out));

  assert.deepEqual(JSON.parse(await run('list', '--pool', pool, '--json')), []);
  const made = await add(
    ...['--issuer', ISSUER, '--client-id', 'us', '--label', 'Acme', '--scopes', 'email, openid'],
    ...['--client-secret-file', file('secret', `${SECRET}\n`)],
    ...['--mapping', file('mapping', '[{"claim":"mail","trait":"email","verifiedBy":"mail_verified"}]')],
    ...['--parameters', file('parameters', '{"response_mode":"form_post"}')],
  );
  const acme = {
    ...{ id: 'acme', label: 'Acme', issuer: ISSUER, clientId: 'us', clientAuth: 'client_secret_basic' },
    ...{ scopes: ['openid', 'email'], parameters: { response_mode: 'form_post' }, claimsFrom: 'id_token' },
    ...{ mapping: [{ claim: 'mail', trait: 'email', verifiedBy: 'mail_verified' }], isEnabled: true },
  };
  assert.deepEqual(made, acme);
  assert.deepEqual(await loginLabels(server), ['Sign in with Acme']);
  assert.deepEqual(await add('--label', 'Acme Corp.'), { ...acme, label: 'Acme Corp.' });
  assert.deepEqual(await loginLabels(server), ['Sign in with Acme Corp.']);
  assert.match(
    await run('list', '--pool', pool),
    /acme +enabled +Acme Corp\. +https:\/\/login\.example\.com/,
  );
  await add('--disable');
  assert.deepEqual(await loginLabels(server), []);
  await add('--enable');
  assert.equal(await run('remove', '--pool', pool, '--provider', 'acme'), 'Removed acme.\n');
  assert.deepEqual(await loginLabels(server), []);
  assert.deepEqual(await server.sql('select * from oidc_providers'), []);

  const { body } = await server.call('GET', '/api/v1/events?limit=100', {
    headers: { 'x-api-key': server.quickstart.live.api_key },
  });
  const changes = body.data
    .filter(({ type }: { type: string }) => type === 'api.pool.configure')
    .map(({ metadata }: { metadata: { changed_fields: string[] } }) => metadata.changed_fields);
  assert.deepEqual(changes.slice(0, 4), [
    ['oidc_providers.acme'],
    ['oidc_providers.acme.enabled'],
    ['oidc_providers.acme.enabled'],
    ['oidc_providers.acme.label'],
  ]);
});

test('what cannot be is refused, every problem at once, and nothing is kept', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const secret = join(scratch(t), 'secret');
  writeFileSync(secret, SECRET);
  const refused = async (provider: string, args: readonly string[], ...problems: RegExp[]) => {
    const told = await selfsame(settings, 'oidc', 'add', '--pool', pool, '--provider', provider, ...args);
    assert.notEqual(told.code, 0, args.join(' '));
    for (const problem of problems) assert.match(told.err, problem);
    assert.ok(!told.err.includes(SECRET));
  };
  await refused('acme', ['--label', 'Acme'], /issuer/, /clientId/);
  const whole = ['--issuer', ISSUER, '--client-id', 'us'];
  await refused(
    'Acme:1',
    [...whole, '--client-auth', 'tls', '--claims-from', 'nowhere'],
    /id/,
    /clientAuth/,
    /claimsFrom/,
  );
  for (const issuer of [
    'ftp://x',
    'https://user:pass@x.org',
    `${ISSUER}?a=b`,
    `${ISSUER}/.well-known/openid-configuration`,
  ])
    await refused('acme', ['--issuer', issuer, '--client-id', 'us'], /issuer/);
  await refused('acme', [...whole, '--client-auth', 'client_secret_post'], /clientSecret/);
  await refused('acme', [...whole, '--client-secret-file', join(scratch(t), 'missing')], /cannot be read/);
  const parameters = join(scratch(t), 'parameters');
  writeFileSync(parameters, '{"redirect_uri":"https://attacker.example.com"}');
  await refused('acme', [...whole, '--parameters', parameters], /redirect_uri/);
  const mapping = join(scratch(t), 'mapping');
  writeFileSync(mapping, '[{"claim":"a","trait":"__proto__.x"}]');
  await refused('acme', [...whole, '--mapping', mapping], /mapping/);
  const none = await selfsame(settings, 'oidc', 'remove', '--pool', pool, '--provider', 'acme');
  assert.notEqual(none.code, 0);
  assert.deepEqual(await server.sql('select * from oidc_providers'), []);
});
