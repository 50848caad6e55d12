import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { messagesOf as ids, JSON_ONLY, openBrowser, otherThan } from '../../harness/flows.ts';
import { assertError, type IamApi, startIam, UNKNOWN } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { type CodeFlows, codeFlows, codeOfAdministrator, tokenIn } from '../../harness/recoveries.ts';

let api: IamApi;
let recovery: CodeFlows;
before(async () => {
  api = await startIam();
  recovery = codeFlows(api, 'recovery');
});
after(() => api[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const CODE = '/admin/recovery/code';
const LINK = '/admin/recovery/link';

suite('a recovery code of an administrator', () => {
  test('is six digits, with the address to enter them at and the time until when; nothing is sent', async () => {
    const { id } = await api.create();
    const reply = await api.post(CODE, { identity_id: id });
    assert.equal(reply.status, 201, reply.text);
    assert.match(reply.body.recovery_code, /^[0-9]{6}$/);
    const { origin, pathname, searchParams } = new URL(reply.body.recovery_link);
    assert.deepEqual([origin, pathname], [api.server.url, '/recovery']);
    assert.match(searchParams.get('flow') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(Date.parse(reply.body.expires_at), api.clock.now().getTime() + HOUR_MS);
    assert.deepEqual((await api.get('/admin/courier/messages')).body, []);
  });

  test('ends when it is told to, as Go writes durations', async () => {
    const { id: identity_id } = await api.create();
    for (const [expires_in, ms] of [
      ['30m', HOUR_MS / 2],
      ['1h30m', 1.5 * HOUR_MS],
      ['0.5h', HOUR_MS / 2],
      ['90s', 90_000],
    ] as const) {
      const { body } = await api.post(CODE, { identity_id, expires_in });
      assert.equal(Date.parse(body.expires_at), api.clock.now().getTime() + ms, expires_in);
    }
  });

  test('iam 50 an unknown identity: 404; no duration, or one that does not lie ahead: 400', async () => {
    const { id: identity_id } = await api.create();
    const { id: elsewhere } = await api.create({}, api.sandbox);
    const { id: gone } = await api.create();
    await api.delete(`/admin/identities/${gone}`);
    for (const unknown of [UNKNOWN, elsewhere, gone])
      assertError(await api.post(CODE, { identity_id: unknown }), 404);
    for (const expires_in of ['-1h', '0h', '0', '', '1', '1d', 'soon', '3000000h', 7, null])
      assertError(await api.post(CODE, { identity_id, expires_in }), 400, /expires_in/);
    assertError(await api.post(CODE, { identity_id: 'not-a-uuid' }), 400, /identity_id/);
    assertError(await api.post(CODE, {}), 400, /identity_id/);
    assertError(await api.post(CODE, { identity_id, flow_type: 'carrier' }), 400, /flow_type/);
  });

  test('is noted in the identity’s log before anybody has it, and is not in it', async () => {
    const { id } = await api.create();
    const { body } = await api.post(CODE, { identity_id: id });
    const entries = await api.server.sql<Record<string, unknown>>(
      `select action, subject_id, fields, origin is not null as placed from audit_entries
       where pool_id = $1::uuid and subject_id = $2::uuid and action like '%recovery%'`,
      [api.server.quickstart.live.app_id, id],
    );
    assert.deepEqual(entries, [
      { action: 'identity.recovery_code_created', subject_id: id, fields: [], placed: true },
    ]);
    assert.ok(!api.server.logs().includes(body.recovery_code));
  });

  test('needs a grant of its own', async () => {
    const { id } = await api.create();
    const { secret } = await api.server.createKey({ grants: ['identities:write', 'logins:read'] });
    assertError(await api.post(CODE, { identity_id: id }, { key: secret }), 403);
    const { secret: allowed } = await api.server.createKey({ grants: ['logins:write'] });
    for (const mount of ['/admin', '/iam', '/iam/admin'])
      assert.equal(
        (await api.post(`${mount}/recovery/code`, { identity_id: id }, { key: allowed })).status,
        201,
      );
  });
});

test('recovery links are a method that is off unless a pool has it on: 404, after what is wrong with the request', async () => {
  const { id: identity_id } = await api.create();
  assertError(await api.post(LINK, { identity_id }), 404);
  assertError(await api.post(LINK, { identity_id, expires_in: '-1h' }), 400, /expires_in/);
  assertError(await api.post(LINK, { identity_id: 'x' }), 400, /identity_id/);
});

suite('recovery by that code', () => {
  const native = (id: string, more: object = {}) =>
    codeOfAdministrator(api, id, { flow_type: 'api', ...more });

  test('iam 51 it lets in through its flow, once', async () => {
    const { id } = await api.create();
    const { flow, code } = await native(id);
    const reply = await recovery.submit(flow, { code });
    assert.equal(reply.status, 200, reply.text);
    const { body: session } = await recovery.whoami(tokenIn(reply));
    assert.equal(session.identity.id, id);
    assert.equal(session.authentication_methods[0].method, 'code_recovery');
    assertError(await recovery.submit(flow, { code }), 410);
    // Nobody proved an address.
    assert.equal((await api.identity(id)).verifiable_addresses[0].verified, false);
  });

  test('a person without any address gets in too', async () => {
    const { id } = await api.create({ traits: { username: `somebody.${process.pid}` } });
    const { flow, code } = await native(id);
    const token = tokenIn(await recovery.submit(flow, { code }));
    assert.equal((await recovery.whoami(token)).body.identity.id, id);
  });

  test('wrong ones count, and the flow is for its person only', async () => {
    const { id } = await api.create();
    const { flow, code } = await native(id);
    const { traits } = await api.create();
    await recovery.submit(flow, { email: traits.email });
    assert.deepEqual(await messagesTo(api.server, traits.email), []);
    for (let n = 0; n < 5; n += 1)
      assert.deepEqual(ids((await recovery.submit(flow, { code: otherThan(code) })).body), [4060006]);
    assert.equal((await recovery.submit(flow, { code })).status, 400);
  });

  test('it ends when it was told to', async () => {
    const { id } = await api.create();
    const { flow, code } = await native(id, { expires_in: '10m' });
    api.clock.advance(10 * 60);
    assertError(await recovery.submit(flow, { code }), 410);
  });

  test('it is gone with its person', async () => {
    const { id } = await api.create();
    const { flow, code } = await native(id);
    await api.delete(`/admin/identities/${id}`);
    assertError(await recovery.submit(flow, { code }), 404);
  });

  test('any browser may open its flow and enter the code; once that was done, no other may', async () => {
    const { id } = await api.create();
    const { flow, code } = await codeOfAdministrator(api, id);
    const browser = openBrowser(api);
    const read = await browser.get(`/self-service/recovery/flows?id=${flow}`, JSON_ONLY);
    assert.deepEqual([read.status, read.body.state], [200, 'sent_email']);
    const reply = await browser.postJson(`/self-service/recovery?flow=${flow}`, { method: 'code', code });
    assert.equal(reply.status, 200, reply.text);
    const [settings] = reply.body.continue_with;
    assert.deepEqual(
      [settings.action, settings.flow.url],
      ['show_settings_ui', `${api.server.url}/settings?flow=${settings.flow.id}`],
    );
    const { body: session } = await browser.get('/sessions/whoami', JSON_ONLY);
    assert.equal(session.identity.id, id);
    const stranger = openBrowser(api);
    assertError(await stranger.get(`/self-service/recovery/flows?id=${flow}`, JSON_ONLY), 403);
  });
});
