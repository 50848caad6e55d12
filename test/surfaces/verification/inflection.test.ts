import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  IDENTITY_KEYS,
  isRefused,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const spelt = (style: string) => ({ headers: { 'key-inflection': style } });
const SPELL = {
  snake: (key: string) => key,
  camel: (key: string) => key.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
  kebab: (key: string) => key.replaceAll('_', '-'),
} as const;

describe('replies', () => {
  test('verification 34: camel for every key at every depth, and for no value', async () => {
    const { id } = await api.create();
    const fields = { first_name: 'snake_case-Value', address_line1: 'line_one', country: 'DE' };
    const { body } = await api.patch(id, fields, spelt('camel'));
    assert.deepEqual(Object.keys(body).sort(), IDENTITY_KEYS.map(SPELL.camel).sort());
    assert.deepEqual(body.extractedData, { firstName: 'snake_case-Value', address: { line1: 'line_one' } });
    assert.equal(body.externalRef, (await api.identity(id)).external_ref);
  });

  test('every kind of reply in every spelling', async () => {
    const { id, external_ref } = await api.createWith({
      first_name: 'Ada',
      last_name: 'King',
      city: 'London',
    });
    for (const [style, spell] of Object.entries(SPELL)) {
      const options = spelt(style);
      const made = await api.post('/identities', { external_ref: newReference() }, options);
      assert.ok(spell('external_ref') in made.body && spell('is_sandbox') in made.body);
      const list = await api.get('/identities?page[size]=1', options);
      assert.deepEqual(
        Object.keys(list.body.pagination),
        ['size', 'has_more', 'next_cursor', 'previous_cursor'].map(spell),
      );
      assert.ok(spell('face_match_passed') in list.body.data[0]);
      const found = await api.post('/identities/search', { external_ref }, options);
      assert.ok(spell('extracted_data') in found.body.data[0]);
      const got = await api.get(pathOf(id), options);
      assert.equal(got.body[spell('extracted_data')][spell('first_name')], 'Ada');
      const archived = await api.post(`${pathOf(id)}/archive`, undefined, options);
      assert.ok(spell('archived_at') in archived.body);
      await api.post(`${pathOf(id)}/restore`, undefined, options);
      const rates = await api.get('/rate-limits', options);
      assert.ok(spell('reset_in_seconds') in rates.body[spell('rate_limit')]);
    }
  });

  test('verification 35: kebab for every error', async () => {
    const options = spelt('kebab');
    const { id, external_ref } = await api.create();
    const keys = ['error', 'detail', 'status-code'];
    for (const [reply, status] of [
      [await api.get(pathOf('nobody'), options), 404],
      [await api.post('/identities', { external_ref }, options), 409],
      [await api.patch(id, '{', options), 400],
      [await api.patch(id, { email: 'x' }, options), 422],
      [await api.get(pathOf(id), { ...options, key: null }), 401],
      [await api.get(pathOf(id), { ...options, key: 'vk_live_x' }), 401],
      [await api.patch(id, {}, { ...options, key: await api.keyWith('identities:read') }), 403],
      [await api.call('PUT', pathOf(id), options), 405],
      [await api.get('/identities/a/b/c', options), 404],
      [await api.get(pathOf(id), { headers: { ...options.headers, 'verifa-version': 'soon' } }), 400],
    ] as const) {
      assert.equal(reply.status, status);
      assert.equal(reply.body['status-code'], status);
      assert.deepEqual(Object.keys(reply.body).slice(0, 3), keys);
    }
  });

  test('without a header the key’s own spelling, for errors too', async () => {
    const { id } = await api.create();
    for (const keyInflection of ['camel', 'kebab'] as const) {
      const { secret: key } = await api.server.createKey({ keyInflection });
      const spell = SPELL[keyInflection];
      assert.ok(spell('external_ref') in (await api.get(pathOf(id), { key })).body);
      assert.equal((await api.get(pathOf('nobody'), { key })).body[spell('status_code')], 404);
      assert.equal((await api.patch(id, { email: 'x' }, { key })).body[spell('status_code')], 422);
      // What is asked for wins.
      assert.ok('external_ref' in (await api.get(pathOf(id), { key, ...spelt('snake') })).body);
      assert.ok('external_ref' in (await api.get(pathOf(id), { ...spelt('snake'), key })).body);
    }
  });

  test('an empty header is none', async () => {
    const { id } = await api.create();
    assert.ok('external_ref' in (await api.get(pathOf(id), spelt(''))).body);
  });
});

describe('requests', () => {
  test('fields in every spelling, whatever the reply’s', async () => {
    for (const style of ['snake', 'camel', 'kebab']) {
      const { id } = await api.create();
      const body = {
        firstName: 'Ada',
        'last-name': 'King',
        date_of_birth: '1815-12-10',
        addressLine1: 'a',
        'address-line2': 'b',
        zipCode: 'c',
      };
      assert.equal((await api.patch(id, body, spelt(style))).status, 200);
      const { extracted_data } = await api.identity(id);
      assert.deepEqual(extracted_data, {
        ...{ first_name: 'Ada', last_name: 'King', date_of_birth: '1815-12-10' },
        address: { line1: 'a', line2: 'b', zip: 'c' },
      });
    }
    const external_ref = newReference();
    assert.equal((await api.post('/identities', { externalRef: external_ref })).status, 201);
    const found = await api.post('/identities/search', { 'external-ref': external_ref });
    assert.equal(found.body.pagination.total, 1);
  });

  test('422 for one field in two spellings, which is named', async () => {
    const before = await api.create();
    for (const body of [
      { first_name: 'Ada', firstName: 'Ada' },
      { 'first-name': 'Ada', firstName: 'Augusta' },
      { first_name: 'Ada', 'first-name': 'Ada', last_name: 'King' },
    ]) {
      isRefused(await api.patch(before.id, body), 'first_name');
    }
    assert.deepEqual(await api.identity(before.id), before);
    isRefused(await api.post('/identities', { external_ref: 'x', externalRef: 'x' }), 'external_ref');
    isRefused(await api.post('/identities/search', { zip_code: 'x', zipCode: 'x' }), 'zip_code');
  });

  test('names of unknown fields make no trouble', async () => {
    const { id } = await api.create();
    const body: Record<string, Shown> = {
      constructor: 1,
      toString: 'x',
      hasOwnProperty: [],
      prototype: {},
      '': 1,
      _: 2,
      '-': 3,
    };
    const reply = await api.patch(
      id,
      JSON.stringify({ ...body, first_name: 'Ada' }).replace('{', '{"__proto__":{"last_name":"x"},'),
    );
    assert.ok(reply.status === 200 || reply.status === 422, reply.text);
    assert.equal((await api.patch(id, { constructor: 1, toString: 'x', last_name: 'King' })).status, 200);
    assert.equal((await api.identity(id)).extracted_data.last_name, 'King');
  });
});

describe('422', () => {
  test('a spelling that is none, before the grant and after the version', async () => {
    const { id } = await api.create();
    const key = await api.keyWith('identities:read');
    for (const style of ['Camel', 'pascal', 'snake_case', 'camel, kebab', 'x']) {
      assertError(await api.get(pathOf(id), spelt(style)), 422, 'validation_error', 'Key-Inflection');
      assertError(await api.patch(id, '{', { ...spelt(style), key }), 422, 'validation_error');
    }
  });
});
