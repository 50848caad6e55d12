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
let type: Shown;
const FIELDS: readonly Json[] = [
  { name: 'employee_id', field_type: 'string', is_unique: true, validation_regex: '^E-\\d{3}$' },
  { name: 'note', field_type: 'string' },
  { name: 'height', field_type: 'number', is_unique: true },
  { name: 'isMember', field_type: 'boolean' },
  { name: 'since', field_type: 'date' },
  { name: 'level', field_type: 'enum', enum_values: ['gold', 'silver'] },
  { name: 'must', field_type: 'string', is_required: true, is_encrypted: true },
];
before(async () => {
  api = await startVerification();
  const made = await api.post('/identity-types', { name: 'staff', label: 'Staff', is_default: true });
  type = made.body;
  for (const field of FIELDS) {
    const reply = await api.post(`/identity-types/${type.id}/fields`, { label: 'L', ...field });
    assert.equal(reply.status, 201, reply.text);
  }
});
after(() => api.close());

const set = (reference: string, custom_fields: unknown, options: CallOptions = {}) =>
  api.call('PATCH', `${pathOf(reference)}/custom-fields`, { ...options, body: { custom_fields } });
const read = (reference: string, options?: CallOptions) =>
  api.get(`${pathOf(reference)}/custom-fields`, options);
let counter = 100;
const newEmployee = (): string => {
  counter += 1;
  return `E-${counter}`;
};

describe('200', () => {
  test('values are set by name, merged, removed by null, and shown everywhere', async () => {
    const { id, external_ref } = await api.create();
    assert.deepEqual((await read(id)).body, { identity_id: id, custom_fields: {} });
    const values = {
      ...{ employee_id: newEmployee(), height: 1.83, isMember: false, since: '2024-02-29', level: 'gold' },
      must: 'yes',
    };
    assert.deepEqual((await set(external_ref, values)).body, { identity_id: id, custom_fields: values });
    const note = await set(id, { note: '  hello  ', since: null });
    const { since: _gone, ...rest } = values;
    assert.deepEqual(note.body.custom_fields, { ...rest, note: 'hello' });
    assert.deepEqual((await read(external_ref)).body, note.body);
    assert.deepEqual((await api.identity(id)).custom_fields, note.body.custom_fields);
  });

  test('verification 36: a custom field’s name is unaffected by the spelling of keys', async () => {
    const { id } = await api.create();
    const values = { employee_id: newEmployee(), isMember: true };
    const body = { customFields: values };
    const path = `${pathOf(id)}/custom-fields`;
    const options = { headers: { 'key-inflection': 'camel' } };
    const reply = await api.call('PATCH', path, { body, ...options });
    assert.deepEqual(reply.body, { identityId: id, customFields: values });
    assert.deepEqual((await api.get(pathOf(id), options)).body.customFields, values);
    const kebab = await api.get(pathOf(id), { headers: { 'key-inflection': 'kebab' } });
    assert.deepEqual(kebab.body['custom-fields'], values);
  });

  test('a change leaves one entry and one event with names only; none where nothing changes', async () => {
    const { id, updated_at } = await api.create();
    api.clock.advance(3);
    const { audit, events } = await api.changesOf(async () => {
      await set(id, {});
      assert.equal((await api.identity(id)).updated_at, updated_at);
      await set(id, { note: 'a' });
      await set(id, { note: 'a', level: null });
    });
    assert.deepEqual(
      audit.map(({ action, fields }) => [action, fields]),
      [['identity.updated', ['custom_fields']]],
    );
    assert.deepEqual(
      events.map((event) => event.type),
      ['identity.updated'],
    );
  });

  test('a unique value is free again once it is changed, removed or erased', async () => {
    const [a, b, c] = [await api.create(), await api.create(), await api.create()];
    const value = newEmployee();
    await set(a.id, { employee_id: value });
    isRefused(await set(b.id, { employee_id: value }), 'custom_fields.employee_id');
    assert.equal((await set(a.id, { employee_id: value })).status, 200);
    await set(a.id, { employee_id: null });
    assert.equal((await set(b.id, { employee_id: value })).status, 200);
    await api.delete(`/identities/${b.id}`);
    assert.equal((await set(c.id, { employee_id: value })).status, 200);
    assert.deepEqual((await read(b.id)).body.custom_fields, {});
  });

  test('is not idempotent by key', async () => {
    const { id } = await api.create();
    const headers = { 'idempotency-key': newReference() };
    await set(id, { note: 'a' }, { headers });
    const reply = await set(id, { note: 'b' }, { headers });
    assert.equal(reply.body.custom_fields.note, 'b');
  });

  test('no value lies in the database in the clear', async () => {
    const { id } = await api.create();
    await set(id, { note: 'zanzibar-quokka', employee_id: 'E-999' });
    const tables = ['identities', 'identifiers', 'audit_entries', 'outbox', 'search_keys', 'tallies'];
    for (const table of tables) {
      const rows = await api.server.sql<{ row: string }>(`select t::text as row from ${table} t`);
      assert.doesNotMatch(rows.map(({ row }) => row).join(), /zanzibar|E-999/, table);
    }
    assert.doesNotMatch(api.server.logs(), /zanzibar|E-999/);
  });
});

describe('422', () => {
  test('names what is wrong, all of it, and writes nothing', async () => {
    const { id } = await api.create();
    const wrong: Json = {
      ...{ employee_id: 'E-1', note: 7, height: 'x', isMember: 1, since: '2023-02-29', level: 'tin' },
      ...{ constructor: 'x', nothing: 'x' },
    };
    const names = Object.keys(wrong).map((name) => `custom_fields.${name}`);
    isRefused(await set(id, { ...wrong, must: 'fine' }), ...names);
    assert.deepEqual((await read(id)).body.custom_fields, {});
    isRefused(await set(id, { note: ' ' }), 'custom_fields.note');
    isRefused(await set(id, { note: 'a\nb' }), 'custom_fields.note');
    isRefused(await set(id, { note: 'x'.repeat(1001) }), 'custom_fields.note');
    assert.equal((await set(id, { note: 'x'.repeat(1000) })).status, 200);
    isRefused(await set(id, { ['n'.repeat(65)]: 1 }), 'custom_fields');
  });

  test('what was sent is not repeated', async () => {
    const { id } = await api.create();
    const reply = await set(id, { employee_id: 'secret-value' });
    isRefused(reply, 'custom_fields.employee_id');
    assert.doesNotMatch(reply.text, /secret-value/);
  });

  test('custom_fields must be a map', async () => {
    const { id } = await api.create();
    isRefused(await api.call('PATCH', `${pathOf(id)}/custom-fields`, { body: {} }), 'custom_fields');
    for (const value of [null, [], 'x', 7]) isRefused(await set(id, value), 'custom_fields');
  });

  test('a required value may be changed, not removed', async () => {
    const { id } = await api.create();
    assert.equal((await set(id, { must: null })).status, 200);
    await set(id, { must: 'a' });
    isRefused(await set(id, { must: null, note: 'x' }), 'custom_fields.must');
    assert.deepEqual((await set(id, { must: 'b' })).body.custom_fields, { must: 'b' });
  });

  test('redacted and merged identities take none', async () => {
    const [redacted, primary, merged] = [await api.create(), await api.create(), await api.create()];
    await api.delete(`/identities/${redacted.id}`);
    const body = { primary_identity_id: primary.id, secondary_identity_id: merged.id };
    assert.equal((await api.post('/identities/merge', body)).status, 200);
    for (const { id } of [redacted, merged]) {
      isRefused(await set(id, { note: 'x' }));
      assert.equal((await read(id)).status, 200);
    }
  });

  test('an identity without a type has no fields', async () => {
    const { id } = await api.create(newReference(), { key: api.sandboxKey });
    isRefused(await set(id, { note: 'x' }, { key: api.sandboxKey }), 'custom_fields.note');
  });
});

describe('404 and 403', () => {
  test('unknown, foreign, and without the scope', async () => {
    const { id } = await api.create();
    for (const [reference, key] of [[unknownIdentityId(), api.key] as const, [id, api.sandboxKey] as const]) {
      assertError(await read(reference, { key }), 404, 'not_found');
      assertError(await set(reference, { note: 'x' }, { key }), 404, 'not_found');
    }
    const reader = await api.keyWith('identities:read');
    assert.equal((await read(id, { key: reader })).status, 200);
    assertError(await set(id, { note: 'x' }, { key: reader }), 403, 'forbidden');
  });
});

describe('at once', () => {
  test('of identities that are set to one unique value exactly one has it', async () => {
    const identities = await Promise.all([1, 2, 3, 4].map(() => api.create()));
    const value = newEmployee();
    const replies = await Promise.all(identities.map(({ id }) => set(id, { employee_id: value })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422, 422, 422]);
    const shown = await Promise.all(identities.map(({ id }) => read(id)));
    assert.equal(shown.filter(({ body }) => body.custom_fields.employee_id === value).length, 1);
  });

  test('a field’s running total is exact, whatever came when', async () => {
    const { id } = await api.create();
    await Promise.all([1, 2, 3, 4, 5, 6].map((n) => set(id, { level: n % 2 === 0 ? null : 'gold' })));
    const { data } = (await api.get(`/identity-types/${type.id}/fields`)).body;
    const field = data.find(({ name }: Shown) => name === 'level');
    const count = async () => {
      const name = `field:${uuidOf(field.id)}`;
      const sum = 'select coalesce(sum(n), 0)::integer as n from tallies where name = $1::text';
      return (await api.server.sql<{ n: number }>(sum, [name]))[0]?.n;
    };
    const before = await count();
    const hadOne = 'level' in (await read(id)).body.custom_fields;
    await set(id, { level: null });
    assert.equal(await count(), (before ?? 0) - (hadOne ? 1 : 0));
  });
});
