import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEmail, UNKNOWN } from '../harness/iam.ts';
import { assertRefused, kycOf, person } from '../harness/kyc.ts';
import { startServer } from '../harness/server.ts';
import { selfsame } from '../quickstart/child.ts';

test('a key of one identity is made by command, listed as one, and refused its second identity', async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await selfsame(settings, 'keys', ...args);
    assert.equal(code, 0, err);
    return out;
  };
  const pool = server.quickstart.live.pool_id;
  const make = ['create', '--pool', pool, '--grant', 'identities:write', '--single-identity', '--json'];
  const { id, secret: key } = JSON.parse(await run(...make));

  const api = await kycOf(server);
  await api.create(person(), { key });
  assertRefused(await api.post(person(), { key }), 403, 'identity_limit_reached');

  const listed: { id: string; isSingleIdentity: boolean }[] = JSON.parse(await run('list', '--json'));
  assert.deepEqual(
    listed.filter(({ isSingleIdentity }) => isSingleIdentity).map((one) => one.id),
    [id],
  );
  const [head = '', ...rows] = (await run('list')).trimEnd().split('\n');
  const column = head.indexOf('IDENTITIES');
  const said = rows.map((row) => [row.startsWith(id), row.slice(column).split(' ', 1)[0]]);
  assert.ok(said.length > 1);
  for (const [isThis, word] of said) assert.equal(word, isThis ? 'one' : 'any');
});

test('a key of an identity is made by command, listed as its, and revoked before there is another', async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  const run = (...args: readonly string[]) => selfsame(settings, 'keys', ...args);
  const made = await server.call('POST', '/admin/identities', { body: { traits: { email: newEmail() } } });
  const identity: string = made.body.id;
  const { token } = await server.logIn({ identityId: identity });
  const statusOf = async () =>
    (await server.call('GET', `/iam/identities/${identity}`, { key: token })).status;
  assert.equal(await statusOf(), 403);
  const pool = server.quickstart.live.pool_id;
  const make = ['create', '--pool', pool, '--identity', identity, '--grant', 'identities:read'];
  const first = await run(...make);
  assert.equal(first.code, 0, first.err);
  assert.equal(await statusOf(), 200);

  const again = await run(...make);
  assert.equal(again.code, 1);
  assert.match(again.err, /has an API key already/);
  const id = first.out.trim();
  const listed: { id: string; identityId: string | null }[] = JSON.parse((await run('list', '--json')).out);
  assert.deepEqual(
    listed.filter(({ identityId }) => identityId !== null).map((one) => [one.id, one.identityId]),
    [[id, identity]],
  );
  assert.match((await run('list')).out, new RegExp(`^${id} .* ${identity} `, 'm'));

  assert.equal((await run('revoke', id)).code, 0);
  server.clock.advance(2.001);
  assert.equal(await statusOf(), 403);
  assert.equal((await run(...make)).code, 0);
  assert.equal(await statusOf(), 200);
  const nobody = await run('create', '--pool', pool, '--identity', UNKNOWN);
  assert.equal(nobody.code, 1);
});
