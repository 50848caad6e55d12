import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CallOptions } from '../../harness/server.ts';
import {
  assertError,
  isRefused,
  type Json,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const PERSON = { first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10' };
let counter = 0;
const newNumber = (): string => {
  counter += 1;
  return `${process.pid}${counter}`.padStart(9, '7');
};

const list = async (reference: string, query = ''): Promise<Shown> => {
  const reply = await api.get(`${pathOf(reference)}/relationships${query}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
const send = (reference: string, body: Json, options: CallOptions = {}) =>
  api.post(`${pathOf(reference)}/relationships`, body, options);
const link = (from: Shown, to: Shown, metadata?: Json, options?: CallOptions) =>
  send(
    from.id,
    {
      related_identity_id: to.id,
      relationship_type: 'user_linked',
      ...(metadata === undefined ? {} : { metadata }),
    },
    options,
  );
const unlink = (reference: string, id: string) => api.delete(`${pathOf(reference)}/relationships/${id}`);
const two = async () => [await api.create(), await api.create()] as const;
const summary = ({ data }: Shown) =>
  data.map((one: Shown) => [one.relationship_type, one.related_identity_id]).sort();

describe('links that callers make', () => {
  test('are seen from both ends, with what was said of them', async () => {
    const [a, b] = await two();
    const metadata = { role: 'Sister', deepKey: [{ caseKept: 1 }] };
    const made = await send(a.external_ref, {
      related_identity_id: b.external_ref,
      relationship_type: 'user_linked',
      metadata,
    });
    assert.equal(made.status, 201, made.text);
    const { id, created_at, ...rest } = made.body;
    assert.match(id, /^rel_/);
    const common = { relationship_type: 'user_linked', is_system: false, metadata };
    assert.deepEqual(rest, { identity_id: a.id, related_identity_id: b.id, ...common });
    const shown = { id, created_at, ...common };
    assert.deepEqual(await list(a.id), {
      data: [{ ...shown, identity_id: a.id, related_identity_id: b.id }],
      pagination: { total: 1, limit: 25, offset: 0 },
    });
    const [other] = (await list(b.id)).data;
    assert.deepEqual(other, { ...shown, identity_id: b.id, related_identity_id: a.id });
  });

  test('are removed from both ends', async () => {
    const [a, b] = await two();
    const { id } = (await link(a, b)).body;
    assert.deepEqual((await unlink(b.id, id)).body, { deleted: true });
    assert.deepEqual([(await list(a.id)).data, (await list(b.id)).data], [[], []]);
    assertError(await unlink(a.id, id), 404, 'not_found');
    assert.equal((await link(b, a)).status, 201);
  });

  test('come newest first, in pages, by type', async () => {
    const a = await api.create();
    const others: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const other = await api.create();
      others.unshift(other.id);
      await link(a, other, { n });
      api.clock.advance(1);
    }
    const idsOf = ({ data }: Shown) => data.map((one: Shown) => one.related_identity_id);
    assert.deepEqual(idsOf(await list(a.id)), others);
    const page = await list(a.id, '?limit=1&offset=1&type=user_linked');
    assert.deepEqual(idsOf(page), [others[1]]);
    assert.equal(page.data[0].metadata.n, 1);
    assert.deepEqual(page.pagination, { total: 3, limit: 1, offset: 1 });
    assert.deepEqual((await list(a.id, '?type=merged')).data, []);
  });

  test('are made once for an idempotency key, and leave one audit entry', async () => {
    const [a, b] = await two();
    const headers = { 'idempotency-key': newReference() };
    const { audit } = await api.changesOf(async () => {
      const [first, second] = await Promise.all([1, 2].map(() => link(a, b, { x: 'y' }, { headers })));
      assert.deepEqual([first?.status, second?.status], [201, 201]);
      assert.deepEqual(first?.body, second?.body);
      assert.deepEqual(first?.body.metadata, { x: 'y' });
    });
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['identity.linked'],
    );
    assert.equal((await list(a.id)).pagination.total, 1);
  });

  test('what is said lies sealed under both ends, and goes with either', async () => {
    for (const erased of [0, 1]) {
      const ends = await two();
      const [a, b] = ends;
      const headers = { 'idempotency-key': newReference() };
      const { id } = (await link(a, b, { secret: 'quokka' }, { headers })).body;
      const rows = await api.server.sql<{ row: string }>(
        `select l::text || encode(l.metadata, 'escape') as row from relationships l where id = $1::uuid`,
        [uuidOf(id)],
      );
      assert.equal(rows.length, 2);
      for (const { row } of rows) assert.doesNotMatch(row, /quokka/);
      await api.delete(pathOf(ends[erased]?.id));
      const boxes = await api.server.sql(
        'select 1 from relationships where metadata is not null and id = $1::uuid',
        [uuidOf(id)],
      );
      assert.equal(boxes.length, 0);
      const [shown] = (await list(ends[1 - erased]?.id)).data;
      assert.deepEqual([shown.id, shown.metadata], [id, {}]);
      assert.doesNotMatch((await link(a, b, { secret: 'quokka' }, { headers })).text, /quokka/);
    }
  });
});

describe('links: refusals', () => {
  test('422 for itself, twice, system types and what is missing', async () => {
    const [a, b] = await two();
    isRefused(await send(a.id, {}), 'related_identity_id', 'relationship_type');
    isRefused(await link(a, a), 'related_identity_id');
    for (const relationship_type of ['merged', 'same_document', 'same_name_dob', 'same_ssn', 'friend']) {
      isRefused(await send(a.id, { related_identity_id: b.id, relationship_type }), 'relationship_type');
    }
    const body = { related_identity_id: b.id, relationship_type: 'user_linked' };
    isRefused(await send(a.id, { ...body, metadata: ['x'] }), 'metadata');
    isRefused(await send(a.id, { ...body, metadata: { x: 'x'.repeat(8192) } }), 'metadata');
    await link(a, b);
    isRefused(await link(b, a));
    isRefused(await api.get(`${pathOf(a.id)}/relationships?type=friend&limit=0`), 'type', 'limit');
  });

  test('422 for redacted and merged ends', async () => {
    const [a, b] = await two();
    const [c, d] = await two();
    await api.delete(pathOf(b.id));
    await api.post('/identities/merge', { primary_identity_id: c.id, secondary_identity_id: d.id });
    for (const closed of [b, d]) {
      isRefused(await link(a, closed));
      isRefused(await link(closed, a));
    }
  });

  test('404 for unknown and foreign ends, 403 without the scope', async () => {
    const [a, b] = await two();
    const foreign = await api.create(newReference(), { key: api.sandboxKey });
    for (const id of [unknownIdentityId(), foreign.id]) {
      assertError(await link(a, { id }), 404, 'not_found');
      assertError(await link({ id }, a), 404, 'not_found');
    }
    const { id } = (await link(a, b)).body;
    assertError(await unlink(foreign.id, id), 404, 'not_found');
    assertError(await unlink(a.id, 'rel_x'), 404, 'not_found');
    const reader = await api.keyWith('identities:read');
    assertError(await link(b, a, {}, { key: reader }), 403, 'forbidden');
  });

  test('of links between a pair made at once exactly one is', async () => {
    const [a, b] = await two();
    const replies = await Promise.all([link(a, b), link(b, a), link(a, b), link(b, a)]);
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 422, 422, 422]);
    assert.equal((await list(a.id)).pagination.total, 1);
  });
});

describe('relationships that follow from equal data', () => {
  test('come by document, name with birth date, and ssn, from both ends under one id', async () => {
    const [document_number, ssn] = [newNumber(), newNumber()];
    const a = await api.createWith({ ...PERSON, document_number: `x-${document_number}`, ssn });
    const b = await api.createWith({ document_number: `X${document_number}` });
    const c = await api.createWith({
      ...PERSON,
      first_name: ' ADA',
      ssn: `${ssn.slice(0, 3)}-${ssn.slice(3)}`,
    });
    assert.deepEqual(summary(await list(a.id)), [
      ['same_document', b.id],
      ['same_name_dob', c.id],
      ['same_ssn', c.id],
    ]);
    const [fromA] = (await list(a.id, '?type=same_document')).data;
    const [fromB] = (await list(b.id)).data;
    assert.deepEqual(fromB, { ...fromA, identity_id: b.id, related_identity_id: a.id });
    assert.deepEqual([fromA.is_system, fromA.metadata], [true, {}]);
    assert.match(fromA.id, /^rel_/);
    assert.deepEqual((await list(a.id)).data, (await list(a.id)).data);
  });

  test('begin when the later of the two has the value, and end when one changes it', async () => {
    const ssn = newNumber();
    const a = await api.createWith({ ssn });
    api.clock.advance(60);
    const b = await api.createWith({ ssn });
    const [one] = (await list(a.id)).data;
    assert.equal(one.created_at, b.updated_at);
    await api.update(b.id, { ssn: newNumber() });
    assert.deepEqual((await list(a.id)).data, []);
    await api.update(b.id, { ssn });
    assert.equal((await list(a.id)).data[0].id, one.id);
    await api.delete(pathOf(b.id));
    assert.deepEqual([(await list(a.id)).data, (await list(b.id)).data], [[], []]);
  });

  test('are not made, removed or stored', async () => {
    const ssn = newNumber();
    const [a, b] = [await api.createWith({ ssn }), await api.createWith({ ssn })];
    const [{ id }] = (await list(a.id)).data;
    isRefused(await unlink(a.id, id));
    isRefused(await unlink(b.id, id));
    assertError(await unlink((await api.create()).id, id), 404, 'not_found');
    const rows = await api.server.sql('select 1 from relationships where identity_id = $1::uuid', [
      uuidOf(a.id),
    ]);
    assert.equal(rows.length, 0);
  });

  test('stay within a pool, and show archived ones', async () => {
    const ssn = newNumber();
    const a = await api.createWith({ ssn });
    await api.createWith({ ssn }, { key: api.sandboxKey });
    const c = await api.createWith({ ssn });
    await api.post(`${pathOf(c.id)}/archive`);
    assert.deepEqual(summary(await list(a.id)), [['same_ssn', c.id]]);
  });
});
