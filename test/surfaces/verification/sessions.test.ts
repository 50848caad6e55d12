import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reply } from '../../harness/server.ts';
import {
  assertError,
  isRefused,
  type Json,
  newReference,
  placedOf,
  type Shown,
  startVerification,
  taggedOf,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

const SESSION = /^ses_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

let api: VerificationApi;
let key: string;
before(async () => {
  api = await startVerification();
  key = api.sandboxKey;
});
after(() => api.close());

function made(reply: Reply, status = 201): Shown {
  assert.equal(reply.status, status, reply.text);
  return reply.body;
}
const create = async (body: Json = {}, options: Json = {}): Promise<Shown> =>
  made(await api.post('/sessions', body, { key, ...options }));
const simulate = (id: string, action: string) => api.post(`/sessions/${id}/simulate`, { action }, { key });
const end = async (id: string, action: string) => made(await simulate(id, action), 200);
const session = async (id: string) => made(await api.get(`/sessions/${id}`, { key }), 200);
const redact = (id: string, with_ = key) => api.delete(`/sessions/${id}/data`, { key: with_ });
const identity = (reference: string) => api.identity(reference, { key });
const verify = async (reference: string, action = 'approve'): Promise<Shown> => {
  const { id } = await create({ external_ref: reference });
  return end(id, action);
};
const isoNow = () => api.clock.now().toISOString();

/** Sets the pool of a server's sandbox or live key; the running server finds out by the version. */
async function configure(
  { server }: VerificationApi,
  environment: string,
  column: string,
  value: unknown,
): Promise<void> {
  const [pool] = await server.sql<{ id: string }>(
    'select id from pools where environment = $1::text order by id limit 1',
    [environment],
  );
  await server.sql(
    `insert into verification_settings (pool_id, ${column}) values ($1::uuid, $2)
     on conflict (pool_id) do update set ${column} = excluded.${column}`,
    [pool?.id, value],
  );
  await server.sql('update pool_states set config_version = config_version + 1 where pool_id = $1::uuid', [
    pool?.id,
  ]);
}

describe('create: 201', () => {
  test('all fields are optional, and so is the body', async () => {
    const bare = made(await api.call('POST', '/sessions', { key }));
    assert.match(bare.id, SESSION);
    const { id, created_at, updated_at, ...rest } = bare;
    assert.equal(created_at, updated_at);
    assert.deepEqual(rest, {
      ...{ status: 'sandbox_pending', external_ref: null, identity_id: null, result_id: null },
      ...{ country: null, workflow_id: null, redirect_url: null, checks: null, metadata: {} },
      ...{ is_sandbox: true, retention_status: 'retained', completed_at: null },
    });
    assert.deepEqual(await session(id), bare);
  });

  test('what was sent comes back, texts trimmed, the country in upper case, metadata as it was', async () => {
    const body = {
      ...{ external_ref: ` ${newReference()} `, country: 'de', workflow_id: 'wf_1' },
      metadata: { someKey: { nestedKey: [1, null] }, 'other-key': 'x' },
      ...{ redirect_url: 'https://example.com/done?a=b', checks: ['document', 'face'] },
    };
    const shown = await create(body);
    assert.equal(shown.external_ref, body.external_ref.trim());
    assert.equal(shown.country, 'DE');
    assert.deepEqual(shown.metadata, body.metadata);
    assert.deepEqual(shown.checks, body.checks);
    assert.equal(shown.redirect_url, body.redirect_url);
    const camel = await api.get(`/sessions/${shown.id}`, { key, headers: { 'key-inflection': 'camel' } });
    assert.deepEqual(camel.body.metadata, body.metadata);
    assert.equal(camel.body.externalRef, shown.external_ref);
  });

  test('a live session waits for its person; neither kind is seen from the other', async () => {
    const live = made(await api.post('/sessions', {}));
    assert.equal(live.status, 'pending');
    assert.equal(live.is_sandbox, false);
    assertError(await api.get(`/sessions/${live.id}`, { key }), 404, 'not_found');
    assertError(await api.get(`/sessions/${(await create()).id}`), 404, 'not_found');
  });

  test('a publishable key makes sessions and reads none', async () => {
    const { secret } = await api.server.createKey({ kind: 'publishable' });
    const shown = made(await api.post('/sessions', {}, { key: secret }));
    assertError(await api.get(`/sessions/${shown.id}`, { key: secret }), 403, 'forbidden');
    made(await api.get(`/sessions/${shown.id}`), 200);
  });

  test('with an idempotency key one session is made, however often it is asked for', async () => {
    const headers = { 'idempotency-key': newReference() };
    const body = { metadata: { a: 1 } };
    const replies = await Promise.all([1, 2, 3].map(() => api.post('/sessions', body, { key, headers })));
    const [first] = replies;
    for (const reply of replies) assert.deepEqual(made(reply), first?.body);
    const changes = await api.changesOf(async () => {
      const again = await api.post('/sessions', body, { key, headers });
      assert.deepEqual(made(again), first?.body);
      assert.equal(again.headers.get('idempotent-replayed'), 'true');
      assertError(await api.post('/sessions', {}, { key, headers }), 422, 'idempotency_mismatch');
    });
    assert.deepEqual(changes, { audit: [], events: [] });
  });

  test('the kept reply goes with the session that it is about', async () => {
    const headers = { 'idempotency-key': newReference() };
    const { id } = await create({ metadata: { a: 1 } }, { headers });
    made(await redact(id), 200);
    // The reply is gone, so the key is free again.
    assert.notEqual((await create({ metadata: { a: 1 } }, { headers })).id, id);
  });

  test('one audit entry and one event, which say no value', async () => {
    const reference = newReference();
    let id = '';
    const { audit, events } = await api.changesOf(async () => {
      ({ id } = await create({ external_ref: reference, metadata: { a: 'b' } }));
    });
    const common = { subject_id: uuidOf(id), fields: ['external_ref', 'metadata'] };
    assert.deepEqual(events, [{ type: 'session.created', ...common }]);
    assert.equal(audit.length, 1);
    assert.equal(audit[0]?.action, 'session.created');
    const [row] = await api.server.sql<{ data: Json; subject_version: number }>(
      'select data, subject_version from outbox where subject_id = $1::uuid',
      [uuidOf(id)],
    );
    assert.deepEqual(row?.data, {
      ...{ external_ref: reference, status: 'sandbox_pending', identity_id: null },
    });
    assert.equal(row?.subject_version, 1);
  });
});

describe('create: 401, 403, 422', () => {
  test('every problem is named, and nothing is made', async () => {
    const total = async () => (await api.get('/sessions', { key })).body.pagination.total;
    const before = await total();
    const body = {
      ...{ external_ref: '', country: 'usa', workflow_id: 7, metadata: [], redirect_url: 'javascript:x' },
      checks: { minimum_age: -1 },
    };
    isRefused(
      await api.post('/sessions', body, { key }),
      ...['external_ref', 'country', 'workflow_id', 'metadata', 'redirect_url', 'checks.minimum_age'],
    );
    isRefused(await api.post('/sessions', { checks: 'all' }, { key }), 'checks');
    isRefused(await api.post('/sessions', { checks: [7] }, { key }), 'checks');
    isRefused(await api.post('/sessions', { metadata: { a: 'x'.repeat(16_384) } }, { key }), 'metadata');
    isRefused(await api.post('/sessions', { external_ref: null }, { key }), 'external_ref');
    assert.equal(await total(), before);
  });

  test('grants: each operation takes its own', async () => {
    const { id } = made(await api.post('/sessions', {}));
    const [reads, creates] = [await api.keyWith('sessions:read'), await api.keyWith('sessions:create')];
    assertError(await api.post('/sessions', {}, { key: null }), 401, 'unauthorized');
    assertError(await api.post('/sessions', {}, { key: reads }), 403, 'forbidden');
    assertError(await api.get('/sessions', { key: creates }), 403, 'forbidden');
    assertError(await api.get(`/sessions/${id}/result`, { key: reads }), 403, 'forbidden');
    assertError(await redact(id, reads), 403, 'forbidden');
    assertError(
      await api.get(`/identities/${unknownIdentityId()}/sessions`, { key: reads }),
      403,
      'forbidden',
    );
    for (const grant of ['redact:write', 'sessions:write'] as const) {
      const shown = made(await api.post('/sessions', {}));
      made(await redact(shown.id, await api.keyWith(grant)), 200);
    }
  });
});

describe('quota', () => {
  test('of 20 at once exactly as many are made as the quota allows; the next month begins anew', async () => {
    await using own = await startVerification();
    await configure(own, 'live', 'session_quota', 7);
    const at = own.clock.now();
    const reset = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) / 1000;
    const replies = await Promise.all(Array.from({ length: 20 }, () => own.post('/sessions', {})));
    const [good, refused] = [201, 429].map((status) => replies.filter((reply) => reply.status === status));
    assert.deepEqual([good?.length, refused?.length], [7, 13]);
    const left = good?.map((reply) => Number(reply.headers.get('x-quota-remaining'))).sort();
    assert.deepEqual(left, [0, 1, 2, 3, 4, 5, 6]);
    for (const reply of replies) {
      assert.equal(reply.headers.get('x-quota-limit'), '7');
      assert.equal(reply.headers.get('x-quota-reset'), `${reset}`);
    }
    for (const reply of refused ?? []) {
      assertError(reply, 429, 'quota_exceeded');
      assert.equal(reply.headers.get('x-quota-remaining'), '0');
      const wait = Number(reply.headers.get('retry-after'));
      assert.ok(wait >= 1 && Math.abs(at.getTime() / 1000 + wait - reset) <= 1, `${wait}`);
    }
    assert.equal((await own.get('/sessions')).body.pagination.total, 7);
    own.clock.advance(reset - at.getTime() / 1000);
    const next = await own.post('/sessions', {});
    assert.equal(next.headers.get('x-quota-remaining'), '6');
  });

  test('a reply that is given again takes nothing and tells how the quota stands', async () => {
    await using own = await startVerification();
    await configure(own, 'live', 'session_quota', 2);
    const headers = { 'idempotency-key': newReference() };
    const replies = await Promise.all([1, 2, 3, 4].map(() => own.post('/sessions', {}, { headers })));
    for (const reply of replies) assert.equal(made(reply).id, replies[0]?.body.id);
    const again = await own.post('/sessions', {}, { headers });
    assert.equal(again.headers.get('x-quota-remaining'), '1');
    made(await own.post('/sessions', {}));
    assertError(await own.post('/sessions', {}), 429, 'quota_exceeded');
    assert.equal((await own.post('/sessions', {}, { headers })).status, 201);
  });

  test('who asks for the last one many times at once with one idempotency key is never refused', async () => {
    await using own = await startVerification();
    await configure(own, 'live', 'session_quota', 1);
    const headers = { 'idempotency-key': newReference() };
    const asked = Array.from({ length: 12 }, () => own.post('/sessions', {}, { headers }));
    const ids = (await Promise.all(asked)).map((reply) => made(reply).id);
    assert.equal(new Set(ids).size, 1);
    assert.equal((await own.get('/sessions')).body.pagination.total, 1);
  });

  test('none at all, and no headers where there is no quota', async () => {
    await using own = await startVerification();
    const free = await own.post('/sessions', {});
    made(free);
    for (const name of ['limit', 'remaining', 'reset'])
      assert.equal(free.headers.get(`x-quota-${name}`), null);
    await configure(own, 'live', 'session_quota', 0);
    assertError(await own.post('/sessions', {}), 429, 'quota_exceeded');
  });
});

describe('list', () => {
  test('newest first, by status and by reference, with the total', async () => {
    await using own = await startVerification();
    const options = { key: own.sandboxKey };
    const reference = newReference();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const body = n % 2 === 0 ? { external_ref: reference } : {};
      ids.unshift(made(await own.post('/sessions', body, options)).id);
    }
    const list = async (query: string) => {
      const { data, pagination } = made(await own.get(`/sessions${query}`, options), 200);
      return { ids: data.map(({ id }: Shown) => id), pagination };
    };
    assert.deepEqual(await list(''), { ids, pagination: { total: 5, limit: 50, offset: 0 } });
    const window = await list('?limit=2&offset=1');
    assert.deepEqual(window, { ids: ids.slice(1, 3), pagination: { total: 5, limit: 2, offset: 1 } });
    const named = await list(`?external_ref=${reference}`);
    assert.deepEqual(named.ids, [ids[0], ids[2], ids[4]]);
    made(await own.post(`/sessions/${ids[0]}/simulate`, { action: 'expire' }, options), 200);
    assert.deepEqual((await list('?status=expired')).ids, [ids[0]]);
    assert.deepEqual((await list(`?status=sandbox_pending&external_ref=${reference}`)).ids, [ids[2], ids[4]]);
    assert.deepEqual((await list('?external_ref=nobody')).pagination.total, 0);
  });

  test('422 for a status that there is not and for a window out of bounds', async () => {
    isRefused(
      await api.get('/sessions?status=approved&limit=101&offset=-1', { key }),
      'status',
      'limit',
      'offset',
    );
  });

  test('of an identity: newest first, without pagination, by id and by reference', async () => {
    const reference = newReference();
    const ids: string[] = [];
    for (const action of ['approve', 'decline', 'approve']) ids.unshift((await verify(reference, action)).id);
    // What is active or expired counts for nobody.
    await create({ external_ref: reference });
    await verify(reference, 'expire');
    const { id } = await identity(reference);
    for (const path of [reference, id]) {
      const body = made(await api.get(`/identities/${path}/sessions`, { key }), 200);
      assert.deepEqual(Object.keys(body), ['data']);
      assert.deepEqual(
        body.data.map((item: Shown) => item.id),
        ids,
      );
      assert.ok(body.data.every((item: Shown) => item.identity_id === id));
    }
    const page = made(await api.get(`/identities/${id}/sessions?limit=1&offset=1`, { key }), 200);
    assert.deepEqual(
      page.data.map((item: Shown) => item.id),
      [ids[1]],
    );
    assertError(await api.get(`/identities/${unknownIdentityId()}/sessions`, { key }), 404, 'not_found');
    isRefused(await api.get(`/identities/${id}/sessions?limit=0`, { key }), 'limit');
    assertError(await api.get(`/identities/${id}/sessions`), 404, 'not_found');
  });
});

describe('simulate', () => {
  test('verification 51 an approved session of a stub makes it approved, with session, result and times', async () => {
    const reference = newReference();
    const stub = await api.create(reference, { key });
    assert.equal(stub.status, 'pending');
    const { id } = await create({ external_ref: reference, country: 'fr' });
    api.clock.advance(5);
    const reply = await end(id, 'approve');
    assert.deepEqual(reply, { id, action: 'approve', status: 'completed', simulated: true });
    const shown = await identity(reference);
    const at = isoNow();
    assert.deepEqual(shown, {
      ...stub,
      ...{ status: 'approved', session_count: 1, country: 'FR', face_match_passed: true },
      ...{ latest_session_id: id, latest_result_id: id.replace('ses_', 'res_') },
      ...{ first_verified_at: at, last_verified_at: at, updated_at: at },
    });
    const ended = await session(id);
    assert.deepEqual(
      [ended.status, ended.identity_id, ended.completed_at, ended.result_id],
      ['completed', stub.id, at, shown.latest_result_id],
    );
  });

  test('verification 25 a declined session overwrites a status that was set by hand', async () => {
    const reference = newReference();
    await api.create(reference, { key });
    await api.update(reference, { status: 'approved' }, { key });
    await verify(reference, 'decline');
    const shown = await identity(reference);
    assert.equal(shown.status, 'rejected');
    assert.equal(shown.face_match_passed, false);
    assert.match(shown.rejection_reason, /declined/);
    assert.deepEqual([shown.first_verified_at, shown.last_verified_at], [null, null]);
    await verify(reference);
    const again = await identity(reference);
    assert.deepEqual([again.status, again.rejection_reason, again.session_count], ['approved', null, 2]);
  });

  test('a session of a new reference makes the identity; one without a reference makes none', async () => {
    const reference = newReference();
    const { id } = await create({ external_ref: reference });
    let ended: Shown;
    const { audit, events } = await api.changesOf(async () => {
      ended = await end(id, 'approve');
    });
    const shown = await identity(reference);
    assert.deepEqual([shown.status, shown.session_count], ['approved', 1]);
    // What an approval opens is told to kyc's receivers (R5).
    const types = ['identity.created', 'session.completed', 'verification.operation_activated'];
    assert.deepEqual(events.map(({ type }) => type).sort(), types);
    assert.deepEqual(audit.map(({ action }) => action).sort(), ['identity.created', 'session.completed']);
    assert.equal(ended.status, 'completed');
    const [event] = await api.server.sql<{ data: Json; subject_version: number }>(
      `select data, subject_version from outbox where subject_id = $1::uuid and type = 'session.completed'`,
      [uuidOf(id)],
    );
    const { operations, ...data } = event?.data ?? {};
    assert.deepEqual(data, { external_ref: reference, status: 'completed', identity_id: uuidOf(shown.id) });
    assert.ok(Array.isArray(operations) && operations.length > 0);
    assert.equal(event?.subject_version, 2);

    const total = async () => (await api.get('/identities', { key })).body.pagination.total;
    const before = await total();
    const alone = await create();
    await end(alone.id, 'approve');
    assert.equal(await total(), before);
    assert.equal((await session(alone.id)).identity_id, null);
  });

  test('first and latest times, sessions and country follow the sessions', async () => {
    const reference = newReference();
    await verify(reference);
    const first = isoNow();
    api.clock.advance(60);
    const second = await create({ external_ref: reference, country: 'IT' });
    await end(second.id, 'approve');
    const shown = await identity(reference);
    assert.deepEqual(
      [shown.first_verified_at, shown.last_verified_at, shown.session_count, shown.latest_session_id],
      [first, isoNow(), 2, second.id],
    );
    assert.equal(shown.country, 'IT');
    await api.update(reference, { country: 'ES' }, { key });
    await verify(reference);
    assert.equal((await identity(reference)).country, 'ES', 'a session without a country leaves it');
  });

  test('expiry and review leave the identity as it was; a review is decided later and counts once', async () => {
    const reference = newReference();
    const stub = await api.create(reference, { key });
    const expired = await create({ external_ref: reference });
    const { events } = await api.changesOf(async () => {
      assert.equal((await end(expired.id, 'expire')).status, 'expired');
    });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['session.expired'],
    );
    const reviewed = await create({ external_ref: reference });
    assert.equal((await end(reviewed.id, 'require-review')).status, 'under_review');
    assert.equal((await session(reviewed.id)).completed_at, null);
    assert.deepEqual(await identity(reference), stub);
    isRefused(await simulate(expired.id, 'approve'));
    await end(reviewed.id, 'decline');
    const shown = await identity(reference);
    assert.deepEqual([shown.status, shown.session_count], ['rejected', 1]);
  });

  test('a session that has ended is not decided again, and nothing changes', async () => {
    const reference = newReference();
    const { id } = await verify(reference);
    const before = await identity(reference);
    const changes = await api.changesOf(async () => {
      for (const action of ['approve', 'decline', 'require-review', 'expire'])
        isRefused(await simulate(id, action));
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await identity(reference), before);
  });

  test('of one session simulated many times at once one completes', async () => {
    const reference = newReference();
    const { id } = await create({ external_ref: reference });
    let replies: Reply[] = [];
    const { events } = await api.changesOf(async () => {
      replies = await Promise.all(
        ['approve', 'decline', 'approve', 'decline'].map((action) => simulate(id, action)),
      );
    });
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422, 422, 422]);
    const shown = await identity(reference);
    const winner = replies.find(({ status }) => status === 200)?.body.action;
    const opened = winner === 'approve' ? ['verification.operation_activated'] : [];
    const types = ['identity.created', 'session.completed', ...opened];
    assert.deepEqual(events.map(({ type }) => type).sort(), types);
    assert.deepEqual(
      [shown.session_count, shown.status],
      [1, winner === 'approve' ? 'approved' : 'rejected'],
    );
  });

  test('sessions of one new reference that complete at once make one identity that has them all', async () => {
    const reference = newReference();
    const sessions = await Promise.all([1, 2, 3, 4].map(() => create({ external_ref: reference })));
    const replies = await Promise.all(sessions.map(({ id }) => simulate(id, 'approve')));
    for (const reply of replies) made(reply, 200);
    const shown = await identity(reference);
    assert.equal(shown.session_count, 4);
    const linked = made(await api.get(`/identities/${shown.id}/sessions`, { key }), 200).data;
    assert.equal(linked.length, 4);
    const [row] = await api.server.sql<{ n: number }>(
      `select count(*)::integer as n from identities where external_ref = $1::text`,
      [reference],
    );
    assert.equal(row?.n, 1);
  });

  test('a completion and a change of the identity at once are both kept', async () => {
    const reference = newReference();
    await api.create(reference, { key });
    const { id } = await create({ external_ref: reference });
    const [ended, updated] = await Promise.all([
      simulate(id, 'approve'),
      api.patch(reference, { city: 'London' }, { key }),
    ]);
    made(ended, 200);
    made(updated, 200);
    const shown = await identity(reference);
    assert.deepEqual([shown.session_count, shown.extracted_data.address], [1, { city: 'London' }]);
  });

  test('a redacted identity is not refilled, and none takes its place', async () => {
    const reference = newReference();
    await api.create(reference, { key });
    made(await api.delete(`/identities/${reference}`, { key }), 200);
    const tombstone = await identity(reference);
    const { id } = await create({ external_ref: reference, country: 'DE' });
    const { events } = await api.changesOf(() => end(id, 'approve'));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['session.completed'],
    );
    assert.deepEqual(await identity(reference), tombstone);
    assert.equal((await session(id)).identity_id, null);
  });

  test('nor is one that was merged: a session of its reference counts for nobody', async () => {
    const [one, two] = [newReference(), newReference()];
    const [primary, secondary] = [await api.create(one, { key }), await api.create(two, { key })];
    const { id } = await create({ external_ref: two });
    const pair = { primary_identity_id: primary.id, secondary_identity_id: secondary.id };
    made(await api.post('/identities/merge', pair, { key }), 200);
    const before = [await identity(one), await identity(two)];
    await end(id, 'approve');
    assert.deepEqual([await identity(one), await identity(two)], before);
    assert.equal((await session(id)).identity_id, null);
  });

  test('completions and a merge of their identities at once lose no session', async () => {
    const [one, two] = [newReference(), newReference()];
    const [primary, secondary] = [await api.create(one, { key }), await api.create(two, { key })];
    const sessions = await Promise.all([one, two, one, two].map((external_ref) => create({ external_ref })));
    const pair = { primary_identity_id: primary.id, secondary_identity_id: secondary.id };
    const [merge, ...replies] = await Promise.all([
      api.post('/identities/merge', pair, { key }),
      ...sessions.map(({ id }) => simulate(id, 'approve')),
    ]);
    for (const reply of [merge, ...replies]) made(reply as Reply, 200);
    const shown = await identity(one);
    const linked = made(await api.get(`/identities/${one}/sessions`, { key }), 200).data;
    assert.equal(shown.session_count, linked.length);
    assert.ok(linked.length >= 2);
    assert.deepEqual(made(await api.get(`/identities/${two}/sessions`, { key }), 200).data, []);
  });

  test('403 for a live key, 404 for what there is not, 422 for no such action', async () => {
    const live = made(await api.post('/sessions', {}));
    const refusal = await api.post(`/sessions/${live.id}/simulate`, { action: 'approve' });
    assertError(refusal, 403, 'forbidden');
    assertError(await api.post(`/sessions/${live.id}/simulate`, {}), 403, 'forbidden');
    assertError(await simulate(live.id, 'approve'), 404, 'not_found');
    assertError(await simulate('ses_x', 'approve'), 404, 'not_found');
    const { id } = await create();
    isRefused(await simulate(id, 'explode'), 'action');
    isRefused(await api.post(`/sessions/${id}/simulate`, {}, { key }), 'action');
    assert.equal((await session(id)).status, 'sandbox_pending');
  });
});

describe('across surfaces', () => {
  test('an approval confirms the record: what it confirmed is locked, and stays so', async () => {
    const reference = newReference();
    await api.create(reference, { key });
    const fields = { first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1990-05-01', city: 'London' };
    await api.update(reference, fields, { key });
    await verify(reference);
    isRefused(await api.patch(reference, { date_of_birth: '1991-05-01' }, { key }), 'date_of_birth');
    isRefused(await api.patch(reference, { first_name: 'Eve' }, { key }), 'first_name');
    await verify(reference, 'decline');
    isRefused(await api.patch(reference, { last_name: 'Byron' }, { key }), 'last_name');
    await api.update(reference, { city: 'Paris' }, { key });
  });

  test('an identity made through pools is found by the reference that it was given, and updated', async () => {
    const pool = api.server.quickstart.sandbox.pool_id;
    const email = `${newReference()}@example.com`;
    const placed = await api.post(
      '/identity',
      { details: { pool_id: pool, factors: [{ name: 'email', type: 'email', value: email }] } },
      { key },
    );
    const poolsId = made(placed, 200).details.id;
    const reference = newReference();
    await api.update(taggedOf(poolsId), { external_ref: reference }, { key });
    await verify(reference);
    const shown = await identity(reference);
    assert.deepEqual([shown.id, shown.status, shown.session_count], [taggedOf(poolsId), 'approved', 1]);
    const again = made(await api.get(`/identity/${placedOf(shown.id, poolsId)}`, { key }), 200);
    assert.equal(again.details.title, email);
  });

  test('an identity made by a session is there for pools, and frees its reference when pools deletes it', async () => {
    const reference = newReference();
    await verify(reference);
    const shown = await identity(reference);
    const path = `/identity/${placedOf(shown.id, api.server.quickstart.sandbox.pool_id)}`;
    const seen = made(await api.get(path, { key }), 200).details;
    assert.deepEqual([seen.status, seen.factors], ['extant', []]);
    made(await api.delete(path, { key }), 200);
    assertError(await api.get(`/identities/${reference}`, { key }), 404, 'not_found');
    await verify(reference);
    const next = await identity(reference);
    assert.notEqual(next.id, shown.id);
    assert.equal(next.session_count, 1);
  });
});

test('after a pool got new keys old sessions open, and many at once are made, decided and redacted', async () => {
  await using own = await startVerification();
  const options = { key: own.sandboxKey };
  const old = made(await own.post('/sessions', { metadata: { a: 1 } }, options));
  await own.server.rotatePoolKeys();
  // More than there are connections to the database: none may wait for another one's.
  const many = Array.from({ length: 24 }, () => newReference());
  const created = await Promise.all(
    many.map((external_ref) => own.post('/sessions', { external_ref }, options)),
  );
  await own.server.rotatePoolKeys();
  const ended = await Promise.all(
    created.map((reply) => {
      const { id } = made(reply);
      return own.post(`/sessions/${id}/simulate`, { action: 'approve' }, options);
    }),
  );
  for (const reply of ended) made(reply, 200);
  await own.server.rotatePoolKeys();
  const redacted = await Promise.all(
    created.map(({ body }) => own.delete(`/sessions/${body.id}/data`, options)),
  );
  for (const reply of redacted) made(reply, 200);
  assert.deepEqual(made(await own.get(`/sessions/${old.id}`, options), 200), old);
});

describe('redact', () => {
  test('content and key are destroyed, the rest stays, and the identity is left alone', async () => {
    const reference = newReference();
    const { id } = await create({ external_ref: reference, metadata: { a: 1 }, country: 'DE' });
    await end(id, 'approve');
    const before = await identity(reference);
    const ended = await session(id);
    let reply: Shown;
    const { audit, events } = await api.changesOf(async () => {
      reply = made(await redact(id), 200);
    });
    assert.deepEqual(reply, { id, status: 'redacted', retention_status: 'redacted' });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['session.redacted'],
    );
    assert.equal(audit.length, 1);
    const shown = await session(id);
    assert.deepEqual(shown, { ...ended, metadata: {}, country: null, retention_status: 'redacted' });
    assert.deepEqual(await identity(reference), before);
    const rows = await api.server.sql(
      `select v.content, k.wrapped from verifications v
       left join verification_keys k on k.verification_id = v.id where v.id = $1::uuid`,
      [uuidOf(id)],
    );
    assert.deepEqual(rows, [{ content: null, wrapped: null }]);
    const again = await api.changesOf(async () => {
      assert.equal(made(await redact(id), 200).status, 'already_redacted');
    });
    assert.deepEqual(again, { audit: [], events: [] });
  });

  test('a session that was active expires, and is not decided any more', async () => {
    const { id } = await create({ external_ref: newReference() });
    const { events } = await api.changesOf(() => redact(id));
    assert.deepEqual(events.map(({ type }) => type).sort(), ['session.expired', 'session.redacted']);
    assert.equal((await session(id)).status, 'expired');
    isRefused(await simulate(id, 'approve'));
  });

  test('redacting an identity leaves its sessions alone', async () => {
    const reference = newReference();
    const { id } = await create({ external_ref: reference, metadata: { a: 1 } });
    await end(id, 'approve');
    const before = await session(id);
    const person = await identity(reference);
    made(await api.delete(`/identities/${reference}`, { key }), 200);
    assert.deepEqual(await session(id), before);
    const linked = made(await api.get(`/identities/${person.id}/sessions`, { key }), 200).data;
    assert.deepEqual(linked, [before]);
  });

  test('many at once, each on its own; of two requests at once one redacts', async () => {
    const [one, two] = [await create(), await create()];
    const foreign = made(await api.post('/sessions', {}));
    made(await redact(two.id), 200);
    const ids = [one.id, two.id, foreign.id, 'ses_x', one.id];
    const body = made(await api.post('/sessions/redact-data', { session_ids: ids }, { key }), 200);
    assert.deepEqual(body, {
      data: [
        { id: one.id, status: 'redacted' },
        { id: two.id, status: 'already_redacted' },
        { id: foreign.id, status: 'not_found' },
        { id: 'ses_x', status: 'not_found' },
      ],
      redacted_count: 1,
    });
    assert.equal(made(await api.get(`/sessions/${foreign.id}`), 200).retention_status, 'retained');
    const { id } = await create();
    const { events } = await api.changesOf(async () => {
      const replies = await Promise.all([1, 2, 3].map(() => redact(id)));
      assert.deepEqual(replies.map((reply) => made(reply, 200).status).sort(), [
        ...['already_redacted', 'already_redacted', 'redacted'],
      ]);
    });
    assert.equal(events.filter(({ type }) => type === 'session.redacted').length, 1);
  });

  test('404 for what there is not, 422 for what is no list of ids', async () => {
    assertError(await redact('ses_x'), 404, 'not_found');
    assertError(await redact((await create()).id, api.key), 404, 'not_found');
    const many = (body: unknown) => api.post('/sessions/redact-data', body, { key });
    for (const session_ids of [[], 'x', [7], Array.from({ length: 101 }, (_, n) => `ses_${n}`)])
      isRefused(await many({ session_ids }), 'session_ids');
    isRefused(await many({}), 'session_ids');
  });
});
