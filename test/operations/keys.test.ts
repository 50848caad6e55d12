import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvalidInput } from '../../src/core/errors.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const row = async (id: string) => {
  const [found] = await server.sql(
    `select kind, grants, requests_per_minute, api_version, key_inflection, note from api_keys where id = $1::uuid`,
    [id],
  );
  return found;
};

test('a key of nothing said is secret, unpinned, in snake case, without a note', async () => {
  const { id, secret } = await server.createKey({ grants: ['identities:read'] });
  assert.match(secret, /^vk_live_[0-9a-z]{58}$/);
  assert.deepEqual(await row(id), {
    ...{ kind: 'secret', grants: ['identities:read'], requests_per_minute: 60_000 },
    ...{ api_version: null, key_inflection: 'snake', note: null },
  });
});

test('a publishable key has its prefix, one grant and ten requests a minute, whatever is asked', async () => {
  const { id, secret } = await server.createKey({
    ...{ kind: 'publishable', grants: ['all'], requestsPerMinute: 5000 },
    ...{ apiVersion: '2024-02-29', keyInflection: 'camel', note: 'x'.repeat(500) },
  });
  assert.match(secret, /^vk_pub_live_[0-9a-z]{58}$/);
  assert.deepEqual(await row(id), {
    ...{ kind: 'publishable', grants: ['sessions:create'], requests_per_minute: 10 },
    ...{ api_version: '2024-02-29', key_inflection: 'camel', note: 'x'.repeat(500) },
  });
  const statuses: number[] = [];
  for (let call = 0; call < 11; call += 1)
    statuses.push((await server.call('GET', '/api/v1/account', { key: secret })).status);
  assert.deepEqual(statuses, [...new Array<number>(10).fill(403), 429]);
});

test('a publishable key of the sandbox says so', async () => {
  const poolId = server.quickstart.sandbox.app_id as never;
  const { secret } = await server.createKey({ poolId, kind: 'publishable' });
  assert.match(secret, /^vk_pub_sandbox_/);
});

test('a key spelled as the other kind is no key', async () => {
  const status = async (key: string) => (await server.call('GET', '/api/v1/account', { key })).status;
  const live = server.quickstart.live.api_key;
  assert.equal(await status(live), 200);
  assert.equal(await status(live.replace('vk_live_', 'vk_pub_live_')), 401);
  const { secret } = await server.createKey({ kind: 'publishable' });
  assert.equal(await status(secret), 403);
  assert.equal(await status(secret.replace('vk_pub_live_', 'vk_live_')), 401);
});

test('a version that is no date and a note that is too long are refused, both at once', async () => {
  const problemsOf = async (input: Parameters<TestServer['createKey']>[0]) => {
    const error = await server.createKey(input).then(
      () => assert.fail('accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof InvalidInput);
    return error.problems.map(({ path }) => path.join('.'));
  };
  assert.deepEqual(await problemsOf({ apiVersion: '2026-02-30', note: 'x'.repeat(501) }), [
    'apiVersion',
    'note',
  ]);
  assert.deepEqual(await problemsOf({ apiVersion: '' }), ['apiVersion']);
  assert.deepEqual(await problemsOf({ note: '\0' }), ['note']);
});
