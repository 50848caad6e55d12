import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startServer, type TestServer } from '../harness/server.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

/** Commands beside a server that runs. */
async function prepare(t: TestContext): Promise<{ server: TestServer; settings: Environment; pool: string }> {
  const server = await startServer();
  t.after(() => server.close());
  const settings = { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir };
  return { server, settings, pool: server.quickstart.live.pool_id };
}

async function json(settings: Environment, ...args: readonly string[]): Promise<unknown> {
  const { code, out, err } = await selfsame(settings, 'verification', ...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const DEFAULTS = {
  apiPiiFields: null,
  sensitiveDataRetentionDays: null,
  plan: 'enterprise',
  sessionQuota: null,
};

test('a pool is configured while a server runs, which goes by it at once', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const key = server.quickstart.live.api_key;
  const headers = { 'x-api-key': key };
  const made = await server.call('POST', '/api/v1/identities', { headers, body: { external_ref: 'one' } });
  const path = `/api/v1/identities/${made.body.id}`;
  const patched = await server.call('PATCH', path, { headers, body: { first_name: 'Ada', city: 'London' } });
  assert.deepEqual(patched.body.extracted_data, { first_name: 'Ada', address: { city: 'London' } });

  assert.deepEqual(await json(settings, 'show', '--pool', pool), DEFAULTS);
  const set = ['--pii-fields', 'last_name,first_name,last_name', '--plan', 'starter', '--session-quota', '5'];
  const wanted = { ...DEFAULTS, apiPiiFields: ['first_name', 'last_name'], plan: 'starter', sessionQuota: 5 };
  assert.deepEqual(await json(settings, 'configure', '--pool', pool, ...set), wanted);
  assert.deepEqual(await json(settings, 'show', '--pool', server.quickstart.live.app_id), wanted);

  const shown = await server.call('GET', path, { headers });
  assert.deepEqual(shown.body.extracted_data, { first_name: 'Ada' });
  const limits = await server.call('GET', '/api/v1/rate-limits', { headers });
  assert.equal(limits.body.plan, 'starter');
  assert.deepEqual(Object.keys(limits.body.quotas), ['sessions']);
  const { limit, used, remaining, reset_in_seconds } = limits.body.quotas.sessions;
  assert.deepEqual([limit, used, remaining], [5, 0, 5]);
  assert.ok(reset_in_seconds >= 1 && reset_in_seconds <= 31 * 86_400);

  const events = await server.call('GET', '/api/v1/events', { headers });
  const [event] = events.body.data;
  assert.deepEqual(
    [event.type, event.actor, event.metadata.changed_fields],
    ['api.pool.configure', 'system', ['api_pii_fields', 'plan', 'session_quota']],
  );

  // The other pool, and what was not named, stay as they were.
  assert.deepEqual(await json(settings, 'show', '--pool', server.quickstart.sandbox.pool_id), DEFAULTS);
  const more = await json(settings, 'configure', '--pool', pool, '--retention-days', '0');
  assert.deepEqual(more, { ...wanted, sensitiveDataRetentionDays: 0 });
  const none = await json(settings, 'configure', '--pool', pool, '--pii-fields', 'none');
  assert.deepEqual(none, { ...wanted, sensitiveDataRetentionDays: 0, apiPiiFields: [] });
  assert.deepEqual((await server.call('GET', path, { headers })).body.extracted_data, {});
  const undone = ['--pii-fields', 'all', '--retention-days', 'none', '--session-quota', 'none'];
  await json(settings, 'configure', '--pool', pool, ...undone, '--plan', 'enterprise');

  const before = await server.sql('select id from audit_entries');
  assert.deepEqual(await json(settings, 'configure', '--pool', pool, '--pii-fields', 'all'), DEFAULTS);
  assert.deepEqual(await server.sql('select id from audit_entries'), before, 'setting it again is nothing');

  const lines = await selfsame(settings, 'verification', 'show', '--pool', pool);
  assert.match(lines.out, /^Personal data shown\s+all$/m);
  assert.match(lines.out, /^Plan\s+enterprise$/m);
});

test('a pool that is not there ends with 1, and what makes no sense with 2, nothing done', async (t) => {
  const { server, settings, pool } = await prepare(t);
  const missing = '01900000-0000-7000-8000-000000000000';
  for (const args of [
    ['show', '--pool', missing],
    ['configure', '--pool', missing, '--plan', 'free'],
  ]) {
    const { code, err } = await selfsame(settings, 'verification', ...args);
    assert.deepEqual([code, err], [1, 'There is no such resource.\n']);
  }
  for (const args of [
    ...[['show'], ['configure'], ['configure', '--pool', pool], ['show', '--pool', 'x'], ['shew']],
    ['configure', '--pool', pool, '--plan', 'gold'],
    ['configure', '--pool', pool, '--pii-fields', 'email'],
    ['configure', '--pool', pool, '--pii-fields', ''],
    ['configure', '--pool', pool, '--retention-days', '-1'],
    ['configure', '--pool', pool, '--retention-days', '1.5'],
    ['configure', '--pool', pool, '--retention-days', '36501'],
    ['configure', '--pool', pool, '--session-quota', 'many'],
    ['configure', '--pool', pool, '--colour', 'red'],
  ]) {
    const { code, out, err } = await selfsame(settings, 'verification', ...args);
    assert.deepEqual([code, out], [2, ''], `${args.join(' ')}: ${err}`);
  }
  assert.deepEqual(await server.sql('select * from verification_settings'), []);
});

test('help tells the options', async () => {
  const { code, out } = await selfsame({}, 'verification', 'configure', '--help');
  assert.equal(code, 0);
  for (const option of ['--pool', '--pii-fields', '--retention-days', '--plan', '--session-quota', '--json'])
    assert.ok(out.includes(option), option);
});
