import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CallOptions, Reply } from '../../harness/server.ts';
import {
  assertError,
  IDENTITY_KEYS,
  isRefused,
  type Json,
  newEmail,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
/** Sessions are decided in the sandbox. */
let key: string;
before(async () => {
  api = await startVerification();
  key = api.sandboxKey;
});
after(() => api.close());

const pair = (primary: Shown, secondary: Shown) => ({
  primary_identity_id: primary.id,
  secondary_identity_id: secondary.id,
});
const merge = (primary: Shown, secondary: Shown, options: CallOptions = {}) =>
  api.post('/identities/merge', pair(primary, secondary), { key, ...options });
const preview = (primary: Shown, secondary: Shown) =>
  api.post('/identities/merge/preview', pair(primary, secondary), { key });
const mergeMany = (primary: string, secondary_identity_ids: unknown, options: CallOptions = {}) =>
  api.post(
    '/identities/merge-multiple',
    { primary_identity_id: primary, secondary_identity_ids },
    { key, ...options },
  );
const create = (): Promise<Shown> => api.create(newReference(), { key });
const createWith = (fields: Json): Promise<Shown> => api.createWith(fields, { key });
const identity = (one: Shown): Promise<Shown> => api.identity(one.id, { key });
const tag = (one: Shown, tags: readonly string[]) =>
  api.post(`${pathOf(one.id)}/set-tags`, { tags }, { key });
const merged = (reply: Reply): Shown => {
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
const uuids = (text: string, id: string) => api.server.sql(text, [uuidOf(id)]);

async function endSession({ external_ref }: Shown, action = 'approve'): Promise<string> {
  api.clock.advance(10);
  const made = await api.post('/sessions', { external_ref }, { key });
  const reply = await api.post(`/sessions/${made.body.id}/simulate`, { action }, { key });
  assert.equal(reply.status, 200, reply.text);
  return made.body.id;
}

describe('a merge', () => {
  test('verification 50: sessions move, counts add up, tags unite, the secondary is merged', async () => {
    const [a, b] = [await create(), await create()];
    const [a1, a2] = [await endSession(a), await endSession(a, 'decline')];
    const [b1, b2, b3] = [await endSession(b), await endSession(b), await endSession(b)];
    await tag(a, ['x', 'y']);
    await tag(b, ['y', 'z']);
    const firstVerified = (await identity(a)).first_verified_at;
    const before = await identity(b);
    const { primary, secondary } = merged(await merge(a, b));
    for (const one of [primary, secondary]) {
      assert.deepEqual(Object.keys(one).sort(), [...IDENTITY_KEYS].sort());
    }
    assert.equal(primary.session_count, 5);
    assert.deepEqual(primary.tags, ['x', 'y', 'z']);
    assert.equal(primary.latest_session_id, b3);
    assert.equal(primary.latest_result_id, before.latest_result_id);
    assert.equal(primary.first_verified_at, firstVerified);
    assert.equal(primary.last_verified_at, before.last_verified_at);
    assert.equal(primary.rejection_reason, null);
    assert.equal(primary.status, 'rejected');
    assert.deepEqual([secondary.id, secondary.status, secondary.session_count], [b.id, 'merged', 0]);
    assert.equal(secondary.external_ref, b.external_ref);
    for (const name of ['latest_session_id', 'latest_result_id', 'first_verified_at', 'last_verified_at']) {
      assert.equal(secondary[name], null, name);
    }
    assert.deepEqual(await identity(a), primary);
    assert.deepEqual(await identity(b), secondary);
    const sessions = async (one: Shown) =>
      (await api.get(`${pathOf(one.id)}/sessions`, { key })).body.data.map(({ id }: Shown) => id).sort();
    assert.deepEqual(await sessions(a), [a1, a2, b1, b2, b3].sort());
    assert.deepEqual(await sessions(b), []);
  });

  test('of a secondary whose sessions are older leaves the latest as it is', async () => {
    const [a, b] = [await create(), await create()];
    await endSession(b);
    const earliest = (await identity(b)).first_verified_at;
    const latest = await endSession(a, 'decline');
    const { rejection_reason } = await identity(a);
    const { primary } = merged(await merge(a, b));
    assert.deepEqual(
      [primary.latest_session_id, primary.session_count, primary.rejection_reason],
      [latest, 2, rejection_reason],
    );
    assert.deepEqual([primary.first_verified_at, primary.last_verified_at], [earliest, earliest]);
  });

  test('gives the primary what it lacks, and leaves what it has', async () => {
    const email = newEmail();
    const a = await createWith({ first_name: 'Ada', city: 'London', document_number: 'OWN1' });
    const b = await createWith({
      ...{ first_name: 'Bob', last_name: 'Smith', date_of_birth: '1990-01-02', address_line1: '1 Road' },
      ...{ document_number: 'OTHER2', ssn: '123-45-1111', email, country: 'SE' },
    });
    const { primary, secondary } = merged(await merge(a, b));
    assert.deepEqual(primary.extracted_data, {
      ...{ first_name: 'Ada', date_of_birth: '1990-01-02', document_number: 'OWN1', ssn: '123-45-1111' },
      address: { city: 'London' },
    });
    assert.equal(primary.country, 'SE');
    assert.deepEqual(secondary.extracted_data, {});
    assert.deepEqual((await identity(b)).extracted_data, {
      ...{ first_name: 'Bob', last_name: 'Smith', document_number: 'OTHER2' },
      address: { line1: '1 Road' },
    });
    assert.deepEqual(await api.find({ email }, { key }), [a.id]);
    assert.deepEqual(await api.find({ ssn: '123451111' }, { key }), [a.id]);
    assert.deepEqual(await api.find({ document_number: 'OTHER2' }, { key }), []);
    assert.deepEqual(await api.find({ document_number: 'OWN1' }, { key }), [a.id]);
    assert.equal((await uuids('select 1 from search_keys where identity_id = $1::uuid', b.id)).length, 0);
    // The identifier went with the address: it is the primary's now.
    const held = await uuids(
      `select 1 from identifiers where identity_id = $1::uuid and space = 'email'`,
      a.id,
    );
    assert.equal(held.length, 1);
  });

  test('moves custom fields of the same type, unique ones too', async () => {
    const type = await api.post('/identity-types', { name: 'm', label: 'M', is_default: true }, { key });
    const field = (name: string, is_unique: boolean) =>
      api.post(
        `/identity-types/${type.body.id}/fields`,
        { name, label: name, field_type: 'string', is_unique },
        { key },
      );
    await field('code', true);
    await field('note', false);
    const [a, b, c] = [await create(), await create(), await create()];
    const set = (one: Shown, custom_fields: Json) =>
      api.call('PATCH', `${pathOf(one.id)}/custom-fields`, { key, body: { custom_fields } });
    await set(a, { note: 'own' });
    await set(b, { note: 'other', code: 'C1' });
    const { primary, secondary } = merged(await merge(a, b));
    assert.deepEqual(primary.custom_fields, { note: 'own', code: 'C1' });
    assert.deepEqual(secondary.custom_fields, {});
    assert.deepEqual((await identity(b)).custom_fields, { note: 'other' });
    isRefused(await set(c, { code: 'C1' }), 'custom_fields.code');
    await set(a, { code: null });
    assert.equal((await set(c, { code: 'C1' })).status, 200);
    await api.call('PATCH', `/identity-types/${type.body.id}`, { key, body: { is_default: false } });
  });

  test('is recorded on both sides: relationship, event, audit entry', async () => {
    const [a, b] = [await create(), await create()];
    await tag(b, ['t']);
    const { audit, events } = await api.changesOf(() => merge(a, b));
    const [primary, secondary] = [uuidOf(a.id), uuidOf(b.id)];
    assert.deepEqual(
      audit.map(({ action, subject_id }) => [action, subject_id]),
      [
        ['identity.merged', secondary],
        ['identity.merged', primary],
      ],
    );
    assert.deepEqual(
      events.map(({ type, subject_id, fields }) => [type, subject_id, fields]),
      [
        ['identity.updated', secondary, ['status', 'relationships']],
        ['identity.updated', primary, ['relationships', 'tags']],
      ],
    );
    const listed = async (one: Shown) =>
      (await api.get(`${pathOf(one.id)}/relationships`, { key })).body.data;
    const [[fromA], [fromB]] = [await listed(a), await listed(b)];
    assert.deepEqual(
      [fromA.relationship_type, fromA.related_identity_id, fromA.is_system],
      ['merged', b.id, true],
    );
    assert.deepEqual([fromB.id, fromB.related_identity_id], [fromA.id, a.id]);
    isRefused(await api.delete(`${pathOf(a.id)}/relationships/${fromA.id}`, { key }));
  });

  test('takes references, and archived identities; the totals of lists follow', async () => {
    const [a, b] = [await create(), await create()];
    await api.post(`${pathOf(a.id)}/archive`, undefined, { key });
    const total = async () =>
      (await api.get('/identities?status=merged&limit=1', { key })).body.pagination.total;
    const before = await total();
    const body = { primary_identity_id: a.external_ref, secondary_identity_id: b.external_ref };
    const { primary } = merged(await api.post('/identities/merge', body, { key }));
    assert.equal(primary.id, a.id);
    assert.notEqual(primary.archived_at, null);
    assert.equal(await total(), before + 1);
    assertError(await api.post('/identities', { external_ref: b.external_ref }, { key }), 409, 'conflict');
  });

  test('is done once for an idempotency key; erasing the primary removes the kept reply', async () => {
    const [a, b] = [await create(), await createWith({ first_name: 'Quokka' })];
    const headers = { 'idempotency-key': newReference() };
    const { audit } = await api.changesOf(async () => {
      const [first, second] = await Promise.all([merge(a, b, { headers }), merge(a, b, { headers })]);
      assert.deepEqual(merged(first), merged(second));
      assert.deepEqual(merged(await merge(a, b, { headers })), first.body);
    });
    assert.equal(audit.length, 2);
    assertError(await merge(b, a, { headers }), 422, 'idempotency_mismatch');
    await api.delete(pathOf(a.id), { key });
    const again = await merge(a, b, { headers });
    isRefused(again);
    assert.doesNotMatch(again.text, /Quokka/);
  });

  test('can be redacted afterwards, either side', async () => {
    const [a, b] = [await createWith({ first_name: 'Own' }), await createWith({ first_name: 'Other' })];
    merged(await merge(a, b));
    assert.equal((await api.delete(pathOf(b.id), { key })).status, 200);
    assert.deepEqual((await identity(a)).extracted_data, { first_name: 'Own' });
    assert.equal((await api.delete(pathOf(a.id), { key })).status, 200);
  });
});

describe('a preview', () => {
  test('shows what the merge then makes, and writes nothing', async () => {
    const [a, b] = [
      await createWith({ first_name: 'Ada' }),
      await createWith({ last_name: 'Smith', ssn: '9' }),
    ];
    await endSession(b);
    await tag(b, ['t']);
    const before = [await identity(a), await identity(b)];
    let shown: Shown;
    const { audit, events } = await api.changesOf(async () => {
      shown = merged(await preview(a, b));
    });
    assert.deepEqual([audit, events], [[], []]);
    assert.deepEqual([await identity(a), await identity(b)], before);
    assert.deepEqual(merged(await merge(a, b)), shown);
  });

  test('refuses what the merge refuses; a key that reads may ask', async () => {
    const [a, b] = [await create(), await create()];
    isRefused(await preview(a, a), 'secondary_identity_id');
    assertError(await preview(a, { id: unknownIdentityId() }), 404, 'not_found');
    await api.delete(pathOf(b.id), { key });
    isRefused(await preview(a, b));
    const [c, d] = [await api.create(), await api.create()];
    const reader = await api.keyWith('identities:read');
    assert.equal((await api.post('/identities/merge/preview', pair(c, d), { key: reader })).status, 200);
    assertError(await api.post('/identities/merge', pair(c, d), { key: reader }), 403, 'forbidden');
    assertError(
      await api.post(
        '/identities/merge-multiple',
        { primary_identity_id: c.id, secondary_identity_ids: [d.id] },
        { key: reader },
      ),
      403,
      'forbidden',
    );
  });
});

describe('merging several', () => {
  test('folds all into one', async () => {
    const a = await createWith({ first_name: 'Ada' });
    const others = [
      await createWith({ ssn: '111' }),
      await createWith({ ssn: '222', document_number: 'D9' }),
    ];
    for (const [index, one] of others.entries()) {
      await tag(one, [`t${index}`]);
      await endSession(one);
    }
    const ids = others.map(({ id }) => id);
    const { audit } = await api.changesOf(async () => {
      const body = merged(await mergeMany(a.external_ref, [others[0]?.external_ref, ids[1]]));
      assert.deepEqual([body.merged_count, body.merged_ids], [2, ids]);
      assert.equal(body.primary.session_count, 2);
      assert.deepEqual(body.primary.tags, ['t0', 't1']);
      assert.deepEqual(body.primary.extracted_data, { first_name: 'Ada', ssn: '111', document_number: 'D9' });
      assert.deepEqual(await identity(a), body.primary);
    });
    assert.equal(audit.length, 3);
    for (const one of others) assert.equal((await identity(one)).status, 'merged');
  });

  test('checks all before it writes any', async () => {
    const [a, b, gone] = [await create(), await create(), await create()];
    await api.delete(pathOf(gone.id), { key });
    const foreign = await api.create();
    const { audit } = await api.changesOf(async () => {
      isRefused(await mergeMany(a.id, [b.id, unknownIdentityId()]), 'secondary_identity_ids[1]');
      isRefused(await mergeMany(a.id, [foreign.id, b.id]), 'secondary_identity_ids[0]');
      isRefused(await mergeMany(unknownIdentityId(), [b.id]), 'primary_identity_id');
      isRefused(await mergeMany(a.id, [b.id, a.id]), 'secondary_identity_ids[1]');
      isRefused(await mergeMany(a.id, [b.id, b.external_ref]), 'secondary_identity_ids[1]');
      isRefused(await mergeMany(a.id, [b.id, gone.id]));
      isRefused(await mergeMany(a.id, []), 'secondary_identity_ids');
      isRefused(await mergeMany(a.id, 'x'), 'secondary_identity_ids');
      isRefused(await mergeMany(a.id, Array(101).fill('x')), 'secondary_identity_ids');
    });
    assert.deepEqual(audit, []);
    assert.equal((await identity(b)).status, 'pending');
  });
});

describe('refusals', () => {
  test('422 for redacted and merged ones on either side, and for one into itself', async () => {
    const [a, b, c] = [await create(), await create(), await create()];
    merged(await merge(a, b));
    await api.delete(pathOf(c.id), { key });
    const d = await create();
    for (const closed of [b, c]) {
      isRefused(await merge(d, closed));
      isRefused(await merge(closed, d));
    }
    isRefused(await merge(d, d), 'secondary_identity_id');
    isRefused(await merge(d, { id: d.external_ref }), 'secondary_identity_id');
    isRefused(
      await api.post('/identities/merge', {}, { key }),
      'primary_identity_id',
      'secondary_identity_id',
    );
    assert.equal((await identity(d)).status, 'pending');
  });

  test('422 for more than 50 tags together, before anything is written', async () => {
    const [a, b] = [await create(), await create()];
    const tags = (from: number, n: number) => Array.from({ length: n }, (_, index) => `t${from + index}`);
    await tag(a, tags(0, 30));
    await tag(b, tags(20, 31));
    isRefused(await preview(a, b));
    isRefused(await merge(a, b));
    assert.equal((await identity(b)).status, 'pending');
    await tag(b, tags(20, 30));
    assert.equal(merged(await merge(a, b)).primary.tags.length, 50);
  });

  test('404 for unknown ones and those of another environment', async () => {
    const a = await create();
    const foreign = await api.create();
    for (const id of [unknownIdentityId(), foreign.id, 'nobody']) {
      assertError(await merge(a, { id }), 404, 'not_found');
      assertError(await merge({ id }, a), 404, 'not_found');
    }
  });
});

describe('at once', () => {
  test('of a pair merged in both directions exactly one wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await create(), await create()];
      const replies = await Promise.all([merge(a, b), merge(b, a), merge(a, b), merge(b, a)]);
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422, 422, 422]);
      const statuses = [(await identity(a)).status, (await identity(b)).status];
      assert.deepEqual(statuses.sort(), ['merged', 'pending']);
    }
  });

  test('merges and changes of the same identities lose nothing', async () => {
    const [a, b, c] = [await create(), await create(), await create()];
    const replies = await Promise.all([
      merge(a, b),
      merge(a, c),
      ...[1, 2, 3].map((n) => api.post(`${pathOf(a.id)}/add-tag`, { tag: `t${n}` }, { key })),
      api.patch(a.id, { first_name: 'Ada' }, { key }),
    ]);
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    const { tags, extracted_data } = await identity(a);
    assert.deepEqual([tags.sort(), extracted_data], [['t1', 't2', 't3'], { first_name: 'Ada' }]);
  });

  test('a merge that breaks off leaves nothing half', async () => {
    const [a, b] = [await create(), await createWith({ ssn: '77' })];
    await tag(b, ['t']);
    await endSession(b);
    const before = [await identity(a), await identity(b)];
    const { sql } = api.server;
    for (const table of ['relationships', 'verifications', 'outbox', 'idempotent_replies']) {
      const when = table === 'outbox' ? `when (new.subject_id = '${uuidOf(a.id)}')` : '';
      await sql(`create function break_off() returns trigger language plpgsql as
        $$ begin raise exception 'broken off'; end $$`);
      await sql(`create trigger break_off before insert or update on ${table}
        for each row ${when} execute function break_off()`);
      const reply = await merge(a, b, { headers: { 'idempotency-key': newReference() } });
      await sql('drop function break_off cascade');
      assertError(reply, 500, 'internal_error');
      assert.deepEqual([await identity(a), await identity(b)], before, table);
      assert.equal((await uuids('select 1 from relationships where identity_id = $1::uuid', a.id)).length, 0);
    }
    assert.equal(merged(await merge(a, b)).primary.session_count, 1);
  });
});
