import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, iamOf, startIam, UNKNOWN } from '../../harness/iam.ts';
import { startServer } from '../../harness/server.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const BASE = '/admin/courier/messages';
const REDACTED = '<redacted-unless-dev-mode>';
const CODE = '731905';

function linksOf(reply: { headers: Headers }): Readonly<Record<string, string>> {
  const links = [...(reply.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)];
  return Object.fromEntries(links.map(([, address = '', relation = '']) => [relation, address]));
}

suite('messages', () => {
  test('iam 76 a queued message is listed and shown, and says neither its subject nor its text', async () => {
    const id = await api.server.queueMessage({ recipient: 'Ana@example.org', code: CODE });
    const listed = await api.get(BASE);
    assert.equal(listed.status, 200, listed.text);
    assert.deepEqual(listed.body, [
      {
        ...{ id, status: 'queued', type: 'email', recipient: 'Ana@example.org' },
        ...{ subject: REDACTED, body: REDACTED },
        ...{ template_type: 'login_code_valid', channel: 'email', send_count: 0 },
        ...{ created_at: listed.body[0].created_at, updated_at: listed.body[0].created_at },
      },
    ]);
    const one = await api.get(`${BASE}/${id}`);
    assert.deepEqual(one.body, { ...listed.body[0], dispatches: [] });
    assert.ok(![listed.text, one.text].some((text) => text.includes(CODE)));
    assertError(await api.get(`${BASE}?status=nope`), 400, /status/);
  });

  test('an attempt is shown with its end', async () => {
    const id = await api.server.queueMessage({ recipient: 'sent@example.org' });
    await api.server.runJob('courier');
    const { body } = await api.get(`${BASE}/${id}`);
    assert.deepEqual([body.status, body.send_count], ['sent', 1]);
    assert.deepEqual(
      body.dispatches.map(({ message_id, status }: Record<string, unknown>) => [message_id, status]),
      [[id, 'success']],
    );
  });

  test('messages are found by status and by recipient, however that is written', async () => {
    const id = await api.server.queueMessage({ recipient: 'Find.Me@example.org' });
    const found = await api.get(`${BASE}?recipient=${encodeURIComponent('find.me@EXAMPLE.org')}`);
    assert.deepEqual(
      found.body.map((message: { id: string }) => message.id),
      [id],
    );
    for (const [status, isThere] of [
      ['queued', true],
      ['sent', false],
      ['abandoned', false],
    ] as const) {
      const { body } = await api.get(`${BASE}?status=${status}&recipient=find.me%40example.org`);
      assert.equal(body.length === 1, isThere, status);
    }
  });

  test('pages follow their links, newest first, each message once', async () => {
    const recipient = 'pages@example.org';
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push(await api.server.queueMessage({ recipient }));
    const seen: string[] = [];
    let path: string | undefined = `${BASE}?recipient=pages%40example.org&page_size=2`;
    while (path !== undefined) {
      const reply = await api.get(path);
      assert.ok(reply.body.length <= 2);
      seen.push(...reply.body.map((message: { id: string }) => message.id));
      const { first, next } = linksOf(reply);
      assert.equal(new URL(first ?? '').searchParams.get('recipient'), 'pages@example.org');
      path = next?.slice(api.server.url.length);
    }
    assert.deepEqual(seen, made.reverse());
    const again = await api.get(`${BASE}?recipient=pages%40example.org&page_size=2&page_token=1`);
    assert.deepEqual(
      again.body.map((message: { id: string }) => message.id),
      seen.slice(0, 2),
    );
  });

  test('at most 500 come at once, and ten where nobody says how many', async () => {
    const recipient = 'many@example.org';
    for (let count = 0; count < 11; count += 1) await api.server.queueMessage({ recipient });
    const count = async (query: string) =>
      (await api.get(`${BASE}?recipient=many%40example.org${query}`)).body.length;
    assert.deepEqual(
      [await count(''), await count('&page_size=0'), await count('&page_size=-3')],
      [10, 10, 10],
    );
    assert.equal(await count('&page_size=9999'), 11);
  });
});

suite('refusals', () => {
  test('a page token that was not given, and a size that is no number, are 400', async () => {
    for (const query of ['page_token=garbage', 'page_size=ten', 'page_size=1.5', 'status=', 'status=QUEUED'])
      assertError(await api.get(`${BASE}?${query}`), 400);
  });

  test('a page token of another pool is 400', async () => {
    const poolId = api.server.quickstart.sandbox.app_id;
    for (let count = 0; count < 2; count += 1)
      await api.server.queueMessage({ recipient: 'x@example.org', poolId });
    const { next } = linksOf(await api.get(`${BASE}?page_size=1`, api.sandbox));
    const token = new URL(next ?? '').searchParams.get('page_token');
    assert.equal((await api.get(`${BASE}?page_token=${token}`, api.sandbox)).status, 200);
    assertError(await api.get(`${BASE}?page_token=${token}`), 400, /page_token/);
  });

  test('an id that is none is 400, one of nothing and one of another pool 404', async () => {
    assertError(await api.get(`${BASE}/not-a-uuid`), 400);
    assertError(await api.get(`${BASE}/${UNKNOWN}`), 404);
    const id = await api.server.queueMessage({ recipient: 'y@example.org' });
    assertError(await api.get(`${BASE}/${id}`, api.sandbox), 404);
    assert.equal((await api.get(`${BASE}/${id.toUpperCase()}`)).status, 200);
  });

  test('a key without courier:read is 403, none is 401', async () => {
    const { secret } = await api.server.createKey({ grants: ['identities:read', 'logins:read'] });
    for (const path of [BASE, '/iam/courier/messages', '/iam/admin/courier/messages']) {
      assertError(await api.get(path, { key: secret }), 403);
      assertError(await api.get(path, { key: null }), 401);
      assert.equal((await api.get(path)).status, 200);
    }
  });
});

test('a server that is set so for development shows what messages say', async () => {
  const server = await startServer({ environment: { SELFSAME_COURIER_SHOW_BODIES: 'true' } });
  await using shown = await iamOf(server);
  const id = await server.queueMessage({ recipient: 'dev@example.org', code: CODE });
  const { body } = await shown.get(`${BASE}/${id}`);
  assert.notEqual(body.subject, REDACTED);
  assert.ok(body.body.includes(CODE));
});
