import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureIsRight } from '../../harness/receiver.ts';
import { type Hooks, openHooks } from '../../harness/webhooks.ts';

const KEYS = [
  ...['api_version', 'attribute_blocklist', 'consecutive_failures', 'created_at', 'description', 'dialect'],
  ...['disabled_at', 'enabled_events', 'event_filter_conditions', 'id', 'is_active', 'is_sandbox'],
  ...['key_inflection', 'label', 'updated_at', 'url'],
];

const keysOf = (value: object) => Object.keys(value).sort();
const last = ({ receiver }: Hooks) => receiver.messages.at(-1);

test('200 and 201: endpoints', async (t) => {
  const hooks = await openHooks(t);
  const { call, receiver, server } = hooks;

  await t.test('an endpoint is made with everything on, and its secret is shown that once', async () => {
    const made = await hooks.hook();
    assert.match(made.id, /^whe_[0-9a-hjkmnp-tv-z]{26}$/);
    assert.match(made.secret, /^whsec_[0-9a-hjkmnp-tv-z]{52}$/);
    assert.deepEqual(keysOf(made), [...KEYS, 'secret'].sort());
    const { secret: _, ...rest } = made;
    assert.deepEqual(
      { ...rest, id: '', created_at: '', updated_at: '' },
      {
        ...{
          id: '',
          url: receiver.url,
          dialect: 'verification',
          enabled_events: ['*'],
          attribute_blocklist: [],
        },
        ...{ event_filter_conditions: [], api_version: '2026-01-01', key_inflection: 'snake', label: null },
        ...{
          description: null,
          is_active: true,
          is_sandbox: false,
          disabled_at: null,
          consecutive_failures: 0,
        },
        ...{ created_at: '', updated_at: '' },
      },
    );
    const got = await call('GET', `/webhooks/${made.id}`);
    assert.deepEqual([got.status, got.body], [200, rest]);
    const listed = await call('GET', '/webhooks');
    assert.deepEqual(listed.body, { data: [rest], pagination: { total: 1, limit: 50, offset: 0 } });
    assert.equal((await call('DELETE', `/webhooks/${made.id}`)).status, 200);
  });

  await t.test('a sandbox endpoint always shows its secret', async () => {
    const { api_key: key } = server.quickstart.sandbox;
    const made = await hooks.hook({}, { key });
    assert.equal(made.is_sandbox, true);
    const got = await call('GET', `/webhooks/${made.id}`, { key });
    assert.equal(got.body.secret, made.secret);
  });

  await t.test('a change sets what was sent, and null takes back; one audit entry each', async () => {
    const settings = {
      enabled_events: ['identity.updated', 'identity.tag-added'],
      attribute_blocklist: ['ssn'],
      event_filter_conditions: [
        { field: 'status', operator: 'in', value: ['approved', 'failed'] },
        { field: 'external_ref', operator: 'neq', value: null },
      ],
      key_inflection: 'camel',
      label: 'Ours',
      description: 'For the shop',
    };
    const made = await hooks.hook(settings);
    for (const [name, value] of Object.entries(settings)) assert.deepEqual(made[name], value, name);
    const before = await server.sql(`select 1 from audit_entries where action like 'webhook.%'`);
    const changed = await call('PATCH', `/webhooks/${made.id}`, {
      body: { enabled_events: null, attribute_blocklist: null, event_filter_conditions: null, label: null },
    });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(
      [changed.body.enabled_events, changed.body.attribute_blocklist, changed.body.event_filter_conditions],
      [['*'], [], []],
    );
    assert.deepEqual([changed.body.label, changed.body.description], [null, 'For the shop']);
    assert.equal((await call('PATCH', `/webhooks/${made.id}`, { body: { label: null } })).status, 200);
    const after = await server.sql(`select 1 from audit_entries where action like 'webhook.%'`);
    assert.equal(after.length, before.length + 1, 'what changes nothing is no change');
    await call('DELETE', `/webhooks/${made.id}`);
  });

  await t.test('keys of bodies come in any spelling, and go in the one asked for', async () => {
    const made = await call('POST', '/webhooks', {
      body: { url: receiver.url, enabledEvents: ['*'], 'key-inflection': 'kebab' },
      headers: { 'key-inflection': 'camel' },
    });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.keyInflection, 'kebab');
    assert.equal(made.body.isActive, true);
    await call('DELETE', `/webhooks/${made.body.id}`);
  });

  await t.test('a rotated secret signs from then on', async () => {
    const made = await hooks.hook();
    const rotated = await call('POST', `/webhooks/${made.id}/rotate-secret`);
    assert.equal(rotated.status, 200, rotated.text);
    assert.notEqual(rotated.body.secret, made.secret);
    await hooks.identity('rotated@example.com');
    await hooks.run();
    const message = last(hooks);
    assert.ok(message !== undefined);
    assert.equal(signatureIsRight(message, rotated.body.secret, server.clock.now()), true);
    assert.equal(signatureIsRight(message, made.secret, server.clock.now()), false);
    await call('DELETE', `/webhooks/${made.id}`);
  });

  await t.test('a deleted endpoint is gone with its deliveries, and gets nothing more', async () => {
    const made = await hooks.hook();
    await hooks.identity('deleted@example.com');
    const removed = await call('DELETE', `/webhooks/${made.id}`);
    assert.deepEqual([removed.status, removed.body], [200, { deleted: true }]);
    const before = receiver.messages.filter(({ path }) => path === '/hook').length;
    await hooks.identity('deleted.later@example.com');
    await hooks.run();
    assert.equal(receiver.messages.filter(({ path }) => path === '/hook').length, before);
    assert.equal((await call('GET', `/webhooks/${made.id}`)).status, 404);
    assert.equal((await call('GET', `/webhooks/${made.id}/deliveries`)).status, 404);
  });
});

test('401, 403, 404 and 422', async (t) => {
  const hooks = await openHooks(t);
  const { call, server, receiver } = hooks;
  const made = await hooks.hook();

  await t.test('401: without a key', async () => {
    assert.equal((await call('GET', '/webhooks', { key: null })).status, 401);
  });

  await t.test('403: a key may read, or write, only with the grant', async () => {
    const reader = await server.createKey({ grants: ['webhooks:read'] });
    const writer = await server.createKey({ grants: ['webhooks:write'] });
    const body = { url: receiver.url };
    assert.equal((await call('GET', '/webhooks', { key: reader.secret })).status, 200);
    assert.equal((await call('POST', '/webhooks', { key: reader.secret, body })).status, 403);
    assert.equal((await call('DELETE', `/webhooks/${made.id}`, { key: reader.secret })).status, 403);
    assert.equal((await call('GET', '/webhooks', { key: writer.secret })).status, 403);
  });

  await t.test('404: missing, malformed, of the other environment, of another account', async () => {
    const other = await server.createAccount();
    const unknown = `whe_0${'1'.repeat(25)}`;
    const replies = [
      await call('GET', `/webhooks/${unknown}`),
      await call('GET', '/webhooks/nothing'),
      await call('GET', `/webhooks/${made.id}`, { key: server.quickstart.sandbox.api_key }),
      await call('GET', `/webhooks/${made.id}`, { key: other.secret }),
      await call('PATCH', `/webhooks/${made.id}`, { key: other.secret, body: { label: 'x' } }),
      await call('DELETE', `/webhooks/${made.id}`, { key: other.secret }),
      await call('POST', `/webhooks/${made.id}/rotate-secret`, { key: other.secret }),
      await call('GET', `/webhooks/${made.id}/deliveries`, { key: other.secret }),
      await call('POST', `/webhooks/${made.id}/deliveries/whd_0${'1'.repeat(25)}/replay`),
    ];
    for (const { status, body } of replies) {
      assert.equal(status, 404);
      assert.deepEqual(body, replies[0]?.body, 'missing and foreign look the same');
    }
  });

  await t.test('422: every wrong field at once, and nothing is written', async () => {
    const body = {
      url: 'ftp://example.com',
      dialect: 'morse',
      enabled_events: ['identity.seen'],
      attribute_blocklist: 'ssn',
      event_filter_conditions: [
        { field: 'ssn', operator: 'eq', value: '1' },
        { field: 'status', operator: 'in', value: 'approved' },
        { field: 'is_sandbox', operator: 'eq', value: 'yes' },
        7,
      ],
      key_inflection: 'shout',
      label: '',
      description: 5,
      is_active: 'yes',
    };
    const refused = await call('POST', '/webhooks', { body });
    assert.equal(refused.status, 422);
    assert.equal(refused.body.error, 'validation_error');
    const fields = refused.body.errors.map(({ field }: { field: string }) => field).sort();
    assert.deepEqual(fields, [
      ...['attribute_blocklist', 'description', 'dialect', 'enabled_events'],
      ...['event_filter_conditions[0].field', 'event_filter_conditions[1].value'],
      ...['event_filter_conditions[2].value', 'event_filter_conditions[3]'],
      ...['is_active', 'key_inflection', 'label', 'url'],
    ]);
    for (const { message } of refused.body.errors) assert.match(message, /^must /);
    assert.equal((await call('GET', '/webhooks')).body.pagination.total, 1);
    const mixed = await call('PATCH', `/webhooks/${made.id}`, { body: { label: 'Good', url: 'bad' } });
    assert.equal(mixed.status, 422);
    assert.equal((await call('GET', `/webhooks/${made.id}`)).body.label, null);
  });

  await t.test('422: addresses that are none', async () => {
    const bad = [
      ...['', 7, null, 'example.com', '//example.com', 'http://user:pw@example.com/', 'javascript:alert(1)'],
      `https://example.com/${'a'.repeat(2048)}`,
    ];
    for (const url of bad) {
      const refused = await call('POST', '/webhooks', { body: { url } });
      assert.equal(refused.status, 422, String(url));
      assert.deepEqual(
        refused.body.errors.map(({ field }: { field: string }) => field),
        ['url'],
      );
    }
    const none = await call('POST', '/webhooks', { body: {} });
    assert.equal(none.body.errors[0].field, 'url');
  });

  await t.test('422: a version that there is not, a window out of bounds, an unknown status', async () => {
    const refusals = [
      await call('POST', '/webhooks', { body: { url: receiver.url, api_version: 'soon' } }),
      await call('PATCH', `/webhooks/${made.id}`, { body: { dialect: 'kyc' } }),
      await call('GET', '/webhooks?limit=101'),
      await call('GET', `/webhooks/${made.id}/deliveries?limit=0`),
      await call('GET', `/webhooks/${made.id}/deliveries?offset=-1`),
      await call('GET', `/webhooks/${made.id}/deliveries?status=lost`),
    ];
    for (const { status } of refusals) assert.equal(status, 422);
  });

  await t.test('422: a pool has at most 50 endpoints', async () => {
    for (let count = 1; count < 50; count += 1) await hooks.hook();
    assert.equal((await call('POST', '/webhooks', { body: { url: receiver.url } })).status, 422);
  });
});

test('verification 53 a changed e-mail is told by the names of fields, without the value, and the signature verifies', async (t) => {
  const hooks = await openHooks(t);
  const { server, receiver } = hooks;
  const id = await hooks.identity('before@example.com');
  await hooks.run();
  const { secret } = await hooks.hook();
  assert.equal((await hooks.patch(id, { email: 'after.secret@example.com' })).status, 200);
  await hooks.run();
  const [message] = receiver.messages;
  assert.ok(message !== undefined);
  assert.equal(receiver.messages.length, 1, 'only what came after the endpoint');
  assert.deepEqual(keysOf(message.body), ['created_at', 'data', 'event', 'idempotency_key']);
  assert.equal(message.body.event, 'identity.updated');
  assert.match(message.body.idempotency_key, /^evt_[0-9a-hjkmnp-tv-z]{26}$/);
  assert.equal(message.body.created_at, server.clock.now().toISOString());
  assert.deepEqual(message.body.data, {
    ...{
      identity_id: id,
      external_ref: null,
      status: 'pending',
      is_sandbox: false,
      changed_fields: ['email'],
    },
  });
  assert.doesNotMatch(message.raw, /@|secret|example/);
  assert.equal(message.headers['content-type'], 'application/json');
  assert.match(String(message.headers['x-verifa-delivery-id']), /^whd_/);
  assert.match(String(message.headers['user-agent']), /^Selfsame/);
  assert.equal(signatureIsRight(message, secret, server.clock.now()), true);
  assert.equal(signatureIsRight({ ...message, raw: `${message.raw} ` }, secret, server.clock.now()), false);
  const kept = await server.sql<{ row: string }>(
    `select t::text as row from webhook_deliveries t union all select e::text from webhook_endpoints e`,
  );
  for (const { row } of kept) assert.doesNotMatch(row, /example\.com|whsec_/);
  assert.ok(!server.logs().includes(secret));
});

test('verification 54 an endpoint that answers 500 gets five retries with the same idempotency_key, then the delivery is failed; the API reply is unaffected', async (t) => {
  const hooks = await openHooks(t);
  const { server, receiver } = hooks;
  receiver.answer = () => 500;
  const { id, secret } = await hooks.hook();
  const identity = await hooks.identity('retried@example.com');
  assert.match(identity, /^idn_/);
  await hooks.run();
  assert.equal(receiver.messages.length, 1);
  for (const [index, seconds] of [30, 120, 480, 1920, 7200].entries()) {
    const [delivery] = await hooks.deliveries(id);
    assert.deepEqual(
      [delivery.status, delivery.attempts, delivery.response_status, delivery.failure_reason],
      ['pending', index + 1, 500, 'status'],
    );
    const due = new Date(server.clock.now().getTime() + seconds * 1000).toISOString();
    assert.equal(delivery.next_attempt_at, due);
    server.clock.advance(seconds - 1);
    await hooks.run();
    assert.equal(receiver.messages.length, index + 1, 'not before its time');
    server.clock.advance(1);
    await hooks.run();
    assert.equal(receiver.messages.length, index + 2);
    const message = receiver.messages.at(-1);
    assert.ok(message !== undefined && signatureIsRight(message, secret, server.clock.now()), 'signed anew');
  }
  server.clock.advance(30 * 3600);
  await hooks.run();
  assert.equal(receiver.messages.length, 6);
  const bodies = new Set(receiver.messages.map(({ raw }) => raw));
  const deliveryIds = new Set(receiver.messages.map(({ headers }) => headers['x-verifa-delivery-id']));
  assert.deepEqual([bodies.size, deliveryIds.size], [1, 1]);
  const [delivery] = await hooks.deliveries(id);
  assert.deepEqual([delivery.status, delivery.attempts, delivery.next_attempt_at], ['failed', 6, null]);
  assert.equal((await hooks.call('GET', `/webhooks/${id}`)).body.consecutive_failures, 1);
});

test('events, filters and spellings', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, call, server } = hooks;
  const told = () => receiver.messages.splice(0).map(({ body }) => body);

  await t.test('each change of an identity is told under its name', async () => {
    const { id: hookId } = await hooks.hook();
    const id = await hooks.identity('names@example.com');
    const act = async (method: string, path: string, body?: unknown) => {
      const reply = await call(method, `/identities/${id}${path}`, body === undefined ? {} : { body });
      assert.equal(reply.status, 200, reply.text);
    };
    await act('PATCH', '', { first_name: 'Ada', external_ref: 'ref-1', status: 'approved' });
    await act('POST', '/archive');
    await act('POST', '/restore');
    await act('DELETE', '');
    await hooks.run();
    const events = told();
    assert.deepEqual(
      events.map(({ event }) => event),
      [
        ...['identity.created', 'identity.updated', 'identity.archived', 'identity.restored'],
        'identity.updated',
      ],
    );
    assert.deepEqual([...events[1].data.changed_fields].sort(), ['external_ref', 'first_name', 'status']);
    assert.deepEqual([events[1].data.external_ref, events[1].data.status], ['ref-1', 'approved']);
    assert.equal(events[4].data.status, 'redacted');
    await call('DELETE', `/webhooks/${hookId}`);
  });

  await t.test('an interaction is not told, a deletion elsewhere is a change', async () => {
    const { id: hookId } = await hooks.hook();
    const { pool_id: poolId } = server.quickstart.live;
    const made = await server.call('POST', '/api/v1/identity', {
      body: {
        details: { pool_id: poolId, factors: [{ name: 'email', type: 'email', value: 'seen@example.com' }] },
      },
    });
    const path = `/api/v1/identity/${made.body.details.id}`;
    await server.call('POST', `${path}/interaction`, { body: { details: { remote_ip: '203.0.113.7' } } });
    await server.call('DELETE', path);
    await hooks.run();
    assert.deepEqual(
      told().map(({ event }) => event),
      ['identity.created', 'identity.updated'],
    );
    await call('DELETE', `/webhooks/${hookId}`);
  });

  await t.test(
    'only enabled events, without blocked names, under all conditions, in the spelling asked for',
    async () => {
      const { id: hookId } = await hooks.hook({
        enabled_events: ['identity.updated'],
        attribute_blocklist: ['email'],
        event_filter_conditions: [
          { field: 'status', operator: 'eq', value: 'approved' },
          { field: 'is_sandbox', operator: 'eq', value: false },
        ],
        key_inflection: 'camel',
      });
      const id = await hooks.identity('filtered@example.com');
      await hooks.patch(id, { first_name: 'Not yet' });
      await hooks.patch(id, { email: 'filtered.again@example.com', city: 'Riga', status: 'approved' });
      await hooks.run();
      const [message, ...more] = told();
      assert.deepEqual(more, []);
      assert.deepEqual(keysOf(message), ['createdAt', 'data', 'event', 'idempotencyKey']);
      assert.deepEqual(keysOf(message.data), [
        ...['changedFields', 'externalRef', 'identityId', 'isSandbox', 'status'],
      ]);
      assert.deepEqual([...message.data.changedFields].sort(), ['city', 'status']);
      await call('DELETE', `/webhooks/${hookId}`);
    },
  );

  await t.test('two endpoints are told of one event under one key, in deliveries of their own', async () => {
    const [one, two] = [await hooks.hook(), await hooks.hook({ key_inflection: 'kebab' })];
    await hooks.identity('both@example.com');
    await hooks.run();
    const messages = receiver.messages.splice(0);
    assert.equal(messages.length, 2);
    const keys = messages.map(({ body }) => body.idempotency_key ?? body['idempotency-key']);
    assert.equal(keys[0], keys[1]);
    assert.notEqual(
      messages[0]?.headers['x-verifa-delivery-id'],
      messages[1]?.headers['x-verifa-delivery-id'],
    );
    for (const { id } of [one, two]) await call('DELETE', `/webhooks/${id}`);
  });

  await t.test('a redirect is not followed: it is a failed attempt', async () => {
    receiver.answer = () => 307;
    const { id: hookId } = await hooks.hook();
    await hooks.identity('redirected@example.com');
    await hooks.run();
    assert.deepEqual(
      receiver.messages.splice(0).map(({ path }) => path),
      ['/hook'],
    );
    const [delivery] = await hooks.deliveries(hookId);
    assert.deepEqual([delivery.status, delivery.response_status], ['pending', 307]);
    receiver.answer = () => 200;
    await call('DELETE', `/webhooks/${hookId}`);
  });

  await t.test('what happens in the sandbox stays there', async () => {
    const { id: hookId } = await hooks.hook();
    const key = server.quickstart.sandbox.api_key;
    const sandboxHook = await hooks.hook({}, { key });
    await call('POST', '/identities', { key, body: { external_ref: 'sandbox-1' } });
    await hooks.run();
    const messages = told();
    assert.deepEqual(
      messages.map(({ data }) => [data.external_ref, data.is_sandbox]),
      [['sandbox-1', true]],
    );
    await call('DELETE', `/webhooks/${hookId}`);
    await call('DELETE', `/webhooks/${sandboxHook.id}`, { key });
  });
});

test('deliveries are listed newest first, by status, and replayed', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, call } = hooks;
  const { id: hookId, secret } = await hooks.hook();
  receiver.answer = ({ body }) => (body.event === 'identity.created' ? 200 : 500);
  const id = await hooks.identity('replayed@example.com');
  await hooks.run();
  await hooks.patch(id, { city: 'Riga' });
  await hooks.run();
  const [pending, delivered, ...more] = await hooks.deliveries(hookId);
  assert.deepEqual(more, []);
  assert.deepEqual([pending.status, pending.event], ['pending', 'identity.updated']);
  assert.deepEqual([delivered.status, delivered.event], ['delivered', 'identity.created']);
  assert.deepEqual(await hooks.deliveries(hookId, '?status=delivered'), [delivered]);
  assert.deepEqual(await hooks.deliveries(hookId, '?limit=1&offset=1'), [delivered]);
  assert.deepEqual(await hooks.deliveries(hookId, '?status=failed'), []);

  const path = `/webhooks/${hookId}/deliveries`;
  assert.equal((await call('POST', `${path}/${pending.id}/replay`)).status, 422, 'it has not ended');
  const [first] = receiver.messages.splice(0);
  const replayed = await call('POST', `${path}/${delivered.id}/replay`);
  assert.equal(replayed.status, 200, replayed.text);
  assert.deepEqual(
    [replayed.body.id, replayed.body.status, replayed.body.attempts],
    [delivered.id, 'pending', 0],
  );
  await hooks.run();
  const [again, ...others] = receiver.messages;
  assert.deepEqual(others, []);
  assert.ok(first !== undefined && again !== undefined);
  assert.equal(again.raw, first.raw, 'the same message with the same key');
  assert.equal(again.headers['x-verifa-delivery-id'], first.headers['x-verifa-delivery-id']);
  assert.equal(signatureIsRight(again, secret, hooks.server.clock.now()), true);
  assert.equal((await hooks.deliveries(hookId, '?status=delivered'))[0].attempts, 1);
});
