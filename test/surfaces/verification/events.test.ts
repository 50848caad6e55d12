import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startPools } from '../../harness/pools.ts';
import {
  assertError,
  isRefused,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  UTC,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
  verificationOf,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const EVENT = /^aud_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

async function eventsOf(id: string, query = ''): Promise<Shown[]> {
  const reply = await api.get(`/events?resource_id=${id}${query}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data;
}

async function typesOf(id: string): Promise<string[]> {
  return (await eventsOf(id)).map(({ type }) => type);
}

describe('200', () => {
  test('an event tells who did what to which, from where, with names of fields and no value', async () => {
    const { id } = await api.create();
    await api.update(id, { first_name: 'Zenobia', email: 'zenobia@example.com' });
    const [updated, created, ...others] = await eventsOf(id);
    assert.deepEqual(others, []);
    assert.equal(created.type, 'api.identity.create');
    assert.match(updated.id, EVENT);
    assert.match(updated.created_at, UTC);
    const { id: _id, created_at: _at, sequence_num, ...told } = updated;
    assert.deepEqual(told, {
      type: 'api.identity.update',
      resource_type: 'identity',
      resource_id: id,
      actor: `api_key:${api.key.slice(0, -32)}`,
      metadata: { changed_fields: ['email', 'first_name'] },
      ip_address: '127.0.0.1',
      request_method: 'PATCH',
      request_path: `/api/v1/identities/${id}`,
    });
    assert.ok(Number.isSafeInteger(sequence_num) && sequence_num > created.sequence_num);
    assert.ok(!JSON.stringify(updated).includes('enobia'));
    assert.deepEqual((await api.get(`/events/${updated.id}`)).body, updated);
  });

  test('each operation has a name of its own, and leaves exactly one event', async () => {
    const { id } = await api.create();
    const path = pathOf(id);
    await api.post(`${path}/add-tag`, { tag: 'vip' });
    await api.post(`${path}/add-tag`, { tag: 'vip' });
    await api.post(`${path}/archive`);
    await api.post(`${path}/restore`);
    await api.patch(id, {});
    await api.patch(id, { date_of_birth: 'never' });
    await api.delete(path);
    await api.delete(path);
    assert.deepEqual(await typesOf(id), [
      ...['api.identity.redact', 'api.identity.restore', 'api.identity.archive', 'api.identity.tag'],
      'api.identity.create',
    ]);
  });

  test('a replay under an idempotency key leaves no second event', async () => {
    const { id } = await api.create();
    const headers = { 'idempotency-key': newReference() };
    await api.update(id, { city: 'Lyon' }, { headers });
    await api.update(id, { city: 'Lyon' }, { headers });
    assert.deepEqual(await typesOf(id), ['api.identity.update', 'api.identity.create']);
  });

  test('what other surfaces and the installation did is told as well', async () => {
    await using pools = await startPools();
    const verification = await verificationOf(pools.server);
    const made = await pools.createIdentity(pools.account.poolId);
    await pools.delete(`/identity/${made.id}`);
    const { data } = (await verification.get('/events')).body;
    const [deleted, created, ...rest] = data;
    assert.deepEqual(
      [deleted.type, created.type, deleted.request_method],
      ['api.identity.delete', 'api.identity.create', 'DELETE'],
    );
    assert.equal(uuidOf(deleted.resource_id), uuidOf(made.id));
    const key = rest.find(({ type }: Shown) => type === 'api.key.create');
    assert.deepEqual(
      [key.actor, key.resource_type, key.ip_address, key.request_method, key.request_path],
      ['system', 'key', null, null, null],
    );
    assert.match(key.resource_id, /^key_/);
    assert.match(rest.find(({ type }: Shown) => type === 'api.pool.create').resource_id, /^pool_/);
  });

  test('pages newest first, by offset and by the event before, each seen once while others are added', async () => {
    const { id } = await api.create();
    for (let n = 0; n < 7; n += 1) await api.update(id, { city: `Town ${n}` });
    const all = await eventsOf(id);
    assert.equal(all.length, 8);
    const numbers = all.map(({ sequence_num }) => sequence_num);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => b - a),
    );
    const byOffset = await api.get(`/events?resource_id=${id}&limit=3&offset=6`);
    assert.deepEqual(byOffset.body, { data: all.slice(6), pagination: { total: 8, limit: 3, offset: 6 } });
    const beyond = await api.get(`/events?resource_id=${id}&offset=1000`);
    assert.deepEqual(beyond.body, { data: [], pagination: { total: 8, limit: 50, offset: 1000 } });
    const seen: string[] = [];
    let before = '';
    for (;;) {
      const page = await eventsOf(id, `&limit=3${before}`);
      if (page.length === 0) break;
      seen.push(...page.map((event) => event.id));
      before = `&before=${page.at(-1).id}`;
      await api.update(id, { city: `Later ${seen.length}` });
    }
    assert.deepEqual(
      seen,
      all.map((event) => event.id),
    );
  });

  test('one resource’s events of one type', async () => {
    const { id } = await api.create();
    await api.update(id, { city: 'Lyon' });
    await api.delete(pathOf(id));
    for (const verb of ['create', 'update', 'redact']) {
      const [event, ...others] = await eventsOf(id, `&type=api.identity.${verb}`);
      assert.deepEqual([event.type, others], [`api.identity.${verb}`, []]);
    }
    assert.deepEqual(await eventsOf(id, '&type=api.identity.nothing'), []);
    assert.deepEqual(await eventsOf(id, '&type=nothing'), []);
    assert.deepEqual(await eventsOf(id.replace('idn_', 'ses_')), []);
  });

  test('totals are counted up to a bound, and say beyond it that there is more', async () => {
    await using small = await startVerification();
    const { id } = await small.create();
    const [event] = (await small.get(`/events?resource_id=${id}`)).body.data;
    await small.server.sql(
      `insert into audit_entries (pool_id, id, at, action, subject_id, fields)
       select pool_id, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, at, action, subject_id, fields
       from audit_entries, generate_series(1, 10050) n where id = $1::uuid`,
      [uuidOf(event.id)],
    );
    const page = async (offset: number) =>
      (await small.get(`/events?resource_id=${id}&limit=100&offset=${offset}`)).body;
    assert.equal((await page(0)).pagination.total, 10_000);
    assert.equal((await page(9950)).pagination.total, 10_051);
    const last = await page(10_000);
    assert.deepEqual([last.data.length, last.pagination.total], [51, 10_051]);
    assert.equal((await page(10_100)).data.length, 0);
  });

  test('the audit log of an identity is found by its reference, and is there after redaction', async () => {
    const reference = newReference();
    const { id } = await api.create(reference);
    await api.update(id, { first_name: 'Ada' });
    const path = `${pathOf(reference)}/audit-log`;
    const before = (await api.get(path)).body;
    assert.deepEqual(before.data, await eventsOf(id));
    assert.deepEqual(before.pagination, { total: 2, limit: 50, offset: 0 });
    await api.delete(pathOf(id));
    const { data, pagination } = (await api.get(`${path}?limit=1`)).body;
    assert.deepEqual(
      [data.map(({ type }: Shown) => type), pagination],
      [['api.identity.redact'], { total: 3, limit: 1, offset: 0 }],
    );
  });

  test('the audit log has what was done to the sessions that count for the identity, and to no other', async () => {
    const { id } = await api.create();
    const [pool] = await api.server.sql<{ pool_id: string }>(
      'select pool_id from identities where id = $1::uuid',
      [uuidOf(id)],
    );
    const sessions = [1, 2].map((n) => `01a00000-0000-7000-8000-${`${n}`.padStart(12, '0')}`);
    for (const [index, session] of sessions.entries()) {
      await api.server.sql(
        `insert into verifications (pool_id, id, identity_id, status, created_at, updated_at)
         values ($1::uuid, $2::uuid, $3::uuid, 'completed', now(), now())`,
        [pool?.pool_id, session, index === 0 ? uuidOf(id) : null],
      );
      await api.server.sql(
        `insert into audit_entries (pool_id, id, at, action, subject_id, fields)
         values ($1::uuid, $2::uuid, now(), 'session.completed', $2::uuid, '{status}')`,
        [pool?.pool_id, session],
      );
    }
    const { data, pagination } = (await api.get(`${pathOf(id)}/audit-log`)).body;
    assert.deepEqual(data.map(({ type, resource_id }: Shown) => [type, resource_id.slice(0, 4)]).sort(), [
      ['api.identity.create', 'idn_'],
      ['api.session.complete', 'ses_'],
    ]);
    assert.equal(pagination.total, 2);
  });

  test('where a request came from is still told after the pool has a new key', async () => {
    const { id } = await api.create();
    await api.server.rotatePoolKeys();
    await api.update(id, { city: 'Lyon' });
    const told = (await eventsOf(id)).map(({ ip_address, request_method }) => [ip_address, request_method]);
    assert.deepEqual(told, [
      ['127.0.0.1', 'PATCH'],
      ['127.0.0.1', 'POST'],
    ]);
  });

  test('a publishable key is told from a secret one, and no part of a secret is in an event', async () => {
    const { id } = await api.create();
    const { secret, id: keyId } = await api.server.createKey({ grants: ['identities:write'] });
    await api.update(id, { city: 'Lyon' }, { key: secret });
    const [event] = await eventsOf(id);
    assert.equal(event.actor, `api_key:${secret.slice(0, -32)}`);
    assert.ok(!JSON.stringify(event).includes(secret.slice(-32)));
    await api.server.sql(`update api_keys set kind = 'publishable' where id = $1::uuid`, [keyId]);
    const [again] = await eventsOf(id);
    assert.equal(again.actor, `api_key:${secret.slice(0, -32).replace('vk_', 'vk_pub_')}`);
  });
});

describe('403', () => {
  test('reading events takes identities:read', async () => {
    const { id } = await api.create();
    const key = await api.keyWith('identities:write', 'redact:write');
    for (const path of ['/events', '/events/aud_x', `${pathOf(id)}/audit-log`]) {
      assertError(await api.get(path, { key }), 403, 'forbidden');
    }
  });
});

describe('404', () => {
  test('a key sees its own pool only; a foreign event looks like a missing one', async () => {
    const { id } = await api.create();
    const [event] = await eventsOf(id);
    const missing = await api.get(`/events/aud_${'0'.repeat(26)}`);
    assertError(missing, 404, 'not_found');
    const { key: stranger } = await api.otherAccount();
    for (const key of [stranger, api.sandboxKey]) {
      const reply = await api.get(`/events/${event.id}`, { key });
      assert.deepEqual([reply.status, reply.body], [404, missing.body]);
      assert.deepEqual((await api.get(`/events?resource_id=${id}`, { key })).body.data, []);
      assertError(await api.get(`${pathOf(id)}/audit-log`, { key }), 404, 'not_found');
    }
    for (const text of ['aud_x', event.id.replace('aud_', 'idn_'), '%00']) {
      assertError(await api.get(`/events/${text}`), 404, 'not_found');
    }
    assertError(await api.get(`${pathOf(unknownIdentityId())}/audit-log`), 404, 'not_found');
  });
});

describe('422', () => {
  test('bounds, ids and a type without its resource are refused', async () => {
    const { id } = await api.create();
    for (const path of ['/events', `${pathOf(id)}/audit-log`]) {
      for (const [query, field] of [
        ['limit=0', 'limit'],
        ['limit=101', 'limit'],
        ['offset=-1', 'offset'],
        ['offset=100001', 'offset'],
        ['before=idn_x', 'before'],
      ] as const) {
        isRefused(await api.get(`${path}?${query}`), field);
      }
    }
    isRefused(await api.get('/events?type=api.identity.create'), 'type');
    isRefused(await api.get('/events?resource_id=someone'), 'resource_id');
  });
});

describe('500', () => {
  test('an origin that was moved to another pool does not open, and nothing is shown', async () => {
    await using broken = await startVerification();
    const { id } = await broken.create();
    await broken.create(newReference(), { key: broken.sandboxKey });
    await broken.server.sql(
      `update audit_entries a set origin = b.origin from audit_entries b
       where a.action = 'identity.created' and b.action = 'identity.created' and a.pool_id <> b.pool_id
         and a.subject_id = $1::uuid`,
      [uuidOf(id)],
    );
    const reply = await broken.get(`/events?resource_id=${id}`);
    assertError(reply, 500, 'internal_error');
    assert.ok(!reply.text.includes('127.0.0.1'));
  });
});
