import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
  type Json,
  newReference,
  type Shown,
  startVerification,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const TYPE_KEYS = [
  ...['created_at', 'default_status', 'description', 'id', 'is_default', 'label', 'name', 'org_id'],
  ...['statuses', 'updated_at'],
];
const UNKNOWN_TYPE = 'idtype_01g0000000e00800000000000z';

let counter = 0;
const newName = (): string => {
  counter += 1;
  return `type_${counter}`;
};
const post = (body: Json, headers: Record<string, string> = {}) =>
  api.post('/identity-types', body, { headers });
const patch = (id: string, body: Json) => api.call('PATCH', `/identity-types/${id}`, { body });
async function createType(body: Json = {}): Promise<Shown> {
  const reply = await post({ name: newName(), label: 'Label', ...body });
  assert.equal(reply.status, 201, reply.text);
  return reply.body;
}
async function createField(typeId: string, body: Json = {}): Promise<Shown> {
  const fields = { name: 'code', label: 'Code', field_type: 'string', ...body };
  const reply = await api.post(`/identity-types/${typeId}/fields`, fields);
  assert.equal(reply.status, 201, reply.text);
  return reply.body;
}
/** While `work` runs, new identities are of a new type. */
async function withDefault<T>(body: Json, work: (type: Shown) => Promise<T>): Promise<T> {
  const type = await createType({ ...body, is_default: true });
  try {
    return await work(type);
  } finally {
    await patch(type.id, { is_default: false });
  }
}

describe('identity types: success', () => {
  test('a new one has its defaults, and is read back', async () => {
    const name = newName();
    const made = await createType({ name });
    assert.deepEqual(Object.keys(made).sort(), TYPE_KEYS);
    assert.match(made.id, /^idtype_/);
    assert.match(made.org_id, /^org_/);
    const { statuses, default_status, is_default, description } = made;
    assert.deepEqual(
      { name: made.name, label: made.label, statuses, default_status, is_default, description },
      { name, label: 'Label', statuses: [], default_status: null, is_default: false, description: null },
    );
    assert.deepEqual((await api.get(`/identity-types/${made.id}`)).body, made);
    const { data, pagination } = (await api.get('/identity-types?limit=1')).body;
    assert.deepEqual(data, [made]);
    assert.ok(pagination.total >= 1);
  });

  test('what may change is changed, what is not sent stays, and what is the same changes nothing', async () => {
    const made = await createType({ statuses: ['gold'], default_status: 'gold', description: 'D' });
    api.clock.advance(5);
    assert.deepEqual((await patch(made.id, { name: made.name, label: 'Label' })).body, made);
    const changed = (await patch(made.id, { label: 'Other', description: null })).body;
    const { updated_at } = changed;
    assert.deepEqual(changed, { ...made, label: 'Other', description: null, updated_at });
    assert.ok(updated_at > made.updated_at);
    assert.deepEqual((await api.get(`/identity-types/${made.id}`)).body, changed);
  });

  test('at most one is the default, and new identities are of it', async () => {
    const first = await createType({ is_default: true });
    const second = await createType({ is_default: true, statuses: ['silver'], default_status: 'silver' });
    assert.equal((await api.get(`/identity-types/${first.id}`)).body.is_default, false);
    const identity = await api.create();
    assert.equal(identity.identity_type_id, second.id);
    assert.equal(identity.status, 'silver');
    assert.equal((await api.update(identity.id, { status: 'approved' })).status, 'approved');
    assert.equal((await api.update(identity.id, { status: 'silver' })).status, 'silver');
    await patch(first.id, { is_default: true });
    assert.equal((await api.get(`/identity-types/${second.id}`)).body.is_default, false);
    await patch(first.id, { is_default: false });
    assert.equal((await api.create()).identity_type_id, null);
  });

  test('one that nobody has is deleted with its fields', async () => {
    const type = await createType();
    const field = await createField(type.id);
    assert.deepEqual((await api.delete(`/identity-types/${type.id}`)).body, { deleted: true });
    assertError(await api.get(`/identity-types/${type.id}`), 404, 'not_found');
    assertError(await api.get(`/identity-types/${type.id}/fields/${field.id}`), 404, 'not_found');
    const rows = await api.server.sql('select 1 from custom_fields where id = $1::uuid', [uuidOf(field.id)]);
    assert.equal(rows.length, 0);
    await createType({ name: type.name });
  });

  test('a create is done once for an idempotency key; each write leaves one audit entry', async () => {
    const headers = { 'idempotency-key': newReference() };
    const body = { name: newName(), label: 'Once' };
    const { audit } = await api.changesOf(async () => {
      const [a, b] = await Promise.all([post(body, headers), post(body, headers)]);
      assert.deepEqual([a.status, b.status, a.body], [201, 201, b.body]);
      await patch(a.body.id, { label: 'Twice' });
      await patch(a.body.id, { label: 'Twice' });
      await api.delete(`/identity-types/${a.body.id}`);
    });
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['identity_type.created', 'identity_type.updated', 'identity_type.deleted'],
    );
    assertError(await post({ ...body, label: 'Else' }, headers), 422, 'idempotency_mismatch');
  });

  test('keys of bodies come and go in any spelling', async () => {
    const options = { headers: { 'key-inflection': 'camel' } };
    const body = { name: newName(), label: 'L', defaultStatus: 'approved', isDefault: false };
    const reply = await api.post('/identity-types', body, options);
    assert.equal(reply.body.defaultStatus, 'approved');
  });
});

describe('identity types: refusals', () => {
  test('409 for a name that is taken, also by two at once', async () => {
    const { name } = await createType();
    assertError(await post({ name, label: 'X' }), 409, 'conflict');
    const other = newName();
    const replies = await Promise.all([1, 2, 3].map(() => post({ name: other, label: 'X' })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409, 409]);
  });

  test('422 for what is missing or cannot be', async () => {
    isRefused(await post({}), 'name', 'label');
    isRefused(await post({ name: null, label: ' ' }), 'name', 'label');
    const with_ = (body: Json) => post({ name: newName(), label: 'L', ...body });
    isRefused(await with_({ statuses: 'x' }), 'statuses');
    isRefused(await with_({ statuses: ['a', 'a'] }), 'statuses');
    isRefused(await with_({ statuses: ['merged', 'x', 'redacted'] }), 'statuses[0]', 'statuses[2]');
    isRefused(await with_({ default_status: 'unheard' }), 'default_status');
    isRefused(await with_({ default_status: 'redacted' }), 'default_status');
    isRefused(await with_({ is_default: 'yes' }), 'is_default');
    const { id } = await createType({ statuses: ['a'], default_status: 'a' });
    isRefused(await patch(id, { name: 'another' }), 'name');
    isRefused(await patch(id, { statuses: [] }), 'default_status');
    isRefused(await patch(id, { label: null }), 'label');
    isRefused(await api.get('/identity-types?limit=0'), 'limit');
  });

  test('422 for deleting one that an identity has, redacted ones too, but not deleted ones', async () => {
    const type = await withDefault({}, async (made) => {
      const { id } = await api.create();
      const inUse = await api.delete(`/identity-types/${made.id}`);
      isRefused(inUse);
      assert.equal((await api.get(`/identity-types/${made.id}`)).status, 200);
      await api.delete(`/identities/${id}`);
      assert.equal((await api.identity(id)).identity_type_id, made.id);
      return made;
    });
    isRefused(await api.delete(`/identity-types/${type.id}`));
    api.clock.advance(86_400 * 2);
    assert.ok((await api.server.purge(1)) >= 1);
    assert.equal((await api.delete(`/identity-types/${type.id}`)).status, 200);
  });

  test('404 for others’ and unknown ones, 403 without the scope', async () => {
    const { id } = await createType();
    const { key } = await api.otherAccount();
    for (const options of [{ key }, { key: api.sandboxKey }]) {
      assertError(await api.get(`/identity-types/${id}`, options), 404, 'not_found');
      assertError(await api.delete(`/identity-types/${id}`, options), 404, 'not_found');
    }
    for (const unknown of [UNKNOWN_TYPE, 'idtype_x', 'x', id.replace('idtype', 'idn')]) {
      assertError(await api.get(`/identity-types/${unknown}`), 404, 'not_found');
      assertError(await patch(unknown, { label: 'x' }), 404, 'not_found');
      assertError(await api.get(`/identity-types/${unknown}/fields`), 404, 'not_found');
    }
    const reader = await api.keyWith('identities:read');
    const body = { name: newName(), label: 'L' };
    assertError(await api.post('/identity-types', body, { key: reader }), 403, 'forbidden');
    assert.equal((await api.get(`/identity-types/${id}`, { key: reader })).status, 200);
  });
});

describe('deleting a type while identities are made', () => {
  test('leaves no identity of a type that is gone', async () => {
    for (let round = 0; round < 5; round += 1) {
      const type = await createType({ is_default: true });
      const [made, deleted] = await Promise.all([
        api.post('/identities', { external_ref: newReference() }),
        api.delete(`/identity-types/${type.id}`),
      ]);
      assert.equal(made.status, 201, made.text);
      const { identity_type_id: typeId } = await api.identity(made.body.id);
      if (deleted.status === 200) assert.equal(typeId, null);
      else {
        isRefused(deleted);
        assert.equal(typeId, type.id);
        await patch(type.id, { is_default: false });
      }
    }
  });
});

describe('custom field definitions', () => {
  test('a new one has its defaults, and is read back', async () => {
    const type = await createType();
    const made = await createField(type.id);
    const { id, created_at, updated_at, ...rest } = made;
    assert.match(id, /^cfield_/);
    assert.equal(created_at, updated_at);
    assert.deepEqual(rest, {
      identity_type_id: type.id,
      ...{ name: 'code', label: 'Code', field_type: 'string' },
      ...{ is_required: false, is_unique: false, is_encrypted: false },
      ...{ enum_values: null, validation_regex: null, sort_order: 0 },
    });
    assert.deepEqual((await api.get(`/identity-types/${type.id}/fields/${id}`)).body, made);
  });

  test('are listed in their order, within their type', async () => {
    const [type, other] = [await createType(), await createType()];
    const [b, a] = [
      await createField(type.id, { name: 'b', sort_order: 2 }),
      await createField(type.id, { name: 'a', sort_order: 1 }),
    ];
    await createField(other.id, { name: 'a' });
    const { data, pagination } = (await api.get(`/identity-types/${type.id}/fields`)).body;
    assert.deepEqual(data, [a, b]);
    assert.deepEqual(pagination, { total: 2, limit: 25, offset: 0 });
    assertError(await api.get(`/identity-types/${other.id}/fields/${a.id}`), 404, 'not_found');
  });

  test('name, type and encryption are for good; the rest changes', async () => {
    const type = await createType();
    const made = await createField(type.id);
    const path = `/identity-types/${type.id}/fields/${made.id}`;
    const send = (body: Json) => api.call('PATCH', path, { body });
    isRefused(await send({ name: 'other' }), 'name');
    isRefused(await send({ field_type: 'number', is_encrypted: true }), 'field_type', 'is_encrypted');
    const same = { name: 'code', field_type: 'string', is_encrypted: false };
    assert.deepEqual((await send(same)).body, made);
    const change = {
      label: 'New',
      is_required: true,
      validation_regex: '^x',
      sort_order: 3,
      is_unique: true,
    };
    const changed = await send(change);
    assert.deepEqual(changed.body, { ...made, ...change, updated_at: changed.body.updated_at });
    assert.equal((await send({ validation_regex: null })).body.validation_regex, null);
  });

  test('409 for a name that its type has', async () => {
    const [type, other] = [await createType(), await createType()];
    const body = { name: 'code', label: 'L', field_type: 'string' };
    const replies = await Promise.all([1, 2].map(() => api.post(`/identity-types/${type.id}/fields`, body)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409]);
    await createField(other.id);
  });

  test('422 for rules that cannot be', async () => {
    const type = await createType();
    const send = (body: Json) =>
      api.post(`/identity-types/${type.id}/fields`, {
        ...{ name: 'x', label: 'X', field_type: 'string' },
        ...body,
      });
    isRefused(await api.post(`/identity-types/${type.id}/fields`, {}), 'name', 'label', 'field_type');
    isRefused(await send({ field_type: 'blob' }), 'field_type');
    isRefused(await send({ field_type: 'enum' }), 'enum_values');
    isRefused(await send({ field_type: 'enum', enum_values: [] }), 'enum_values');
    isRefused(await send({ enum_values: ['a'] }), 'enum_values');
    isRefused(await send({ sort_order: 1.5 }), 'sort_order');
    for (const name of ['1a', 'a b', '__proto__', 'constructor', 'toString', 'é']) {
      isRefused(await send({ name }), 'name');
    }
    for (const pattern of ['(', '(a)\\1', '(?=a)', '(a{100}){100}', 'a'.repeat(501), 7]) {
      isRefused(await send({ validation_regex: pattern }), 'validation_regex');
    }
    isRefused(await send({ field_type: 'number', validation_regex: 'a' }), 'validation_regex');
  });

  test('one with values is neither deleted nor made unique; one without is', async () => {
    await withDefault({}, async (type) => {
      const field = await createField(type.id);
      const path = `/identity-types/${type.id}/fields/${field.id}`;
      const { id } = await api.create();
      const set = (value: unknown) =>
        api.call('PATCH', `/identities/${id}/custom-fields`, { body: { custom_fields: { code: value } } });
      assert.equal((await set('a')).status, 200);
      isRefused(await api.delete(path));
      isRefused(await api.call('PATCH', path, { body: { is_unique: true } }));
      assert.equal((await api.call('PATCH', path, { body: { label: 'Still' } })).status, 200);
      assert.equal((await set(null)).status, 200);
      assert.equal((await api.call('PATCH', path, { body: { is_unique: true } })).status, 200);
      assert.equal((await set('a')).status, 200);
      await api.delete(`/identities/${id}`);
      assert.deepEqual((await api.delete(path)).body, { deleted: true });
    });
  });
});
