import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  IDENTITY_KEYS,
  isRefused,
  newEmail,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  unknownIdentityId,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

/** Where a field of PATCH comes back. */
const SHOWN: Readonly<Record<string, (identity: Shown) => unknown>> = {
  external_ref: ({ external_ref }) => external_ref,
  country: ({ country }) => country,
  address_line1: ({ extracted_data }) => extracted_data.address?.line1,
  address_line2: ({ extracted_data }) => extracted_data.address?.line2,
  city: ({ extracted_data }) => extracted_data.address?.city,
  state: ({ extracted_data }) => extracted_data.address?.state,
  zip_code: ({ extracted_data }) => extracted_data.address?.zip,
};
const shown = (identity: Shown, field: string): unknown =>
  SHOWN[field] === undefined ? identity.extracted_data[field] : SHOWN[field](identity);

const FREE_TEXTS: Readonly<Record<string, number>> = {
  external_ref: 255,
  first_name: 255,
  last_name: 255,
  address_line1: 255,
  address_line2: 255,
  city: 128,
  state: 128,
  zip_code: 32,
  document_number: 64,
  gender: 32,
};
const EVERY_FIELD = [
  ...Object.keys(FREE_TEXTS),
  ...['date_of_birth', 'ssn', 'nationality', 'country', 'email', 'phone', 'status'],
];

describe('200', () => {
  test('verification 6: by its reference and by its id it is one object', async () => {
    const reference = newReference();
    const { id } = await api.create(reference);
    const changed = await api.update(reference, { first_name: 'Ada', country: 'DE' });
    assert.equal(changed.id, id);
    assert.deepEqual(await api.identity(id), changed);
    assert.deepEqual(await api.identity(reference), changed);
  });

  test('verification 8: a change of one field leaves the others, and all 21 keys come back', async () => {
    const before = await api.createWith({ last_name: 'Lovelace', country: 'GB', gender: 'female' });
    api.clock.advance(1);
    const reply = await api.patch(before.id, { first_name: 'Ada' });
    assert.equal(reply.status, 200);
    assert.deepEqual(Object.keys(reply.body).sort(), [...IDENTITY_KEYS].sort());
    for (const name of ['limit', 'remaining', 'reset']) {
      assert.match(reply.headers.get(`x-ratelimit-${name}`) ?? '', /^\d+$/);
    }
    const { updated_at, extracted_data, ...others } = reply.body;
    assert.equal(updated_at, api.clock.now().toISOString());
    assert.deepEqual(extracted_data, { ...before.extracted_data, first_name: 'Ada' });
    const { updated_at: _at, extracted_data: _data, ...same } = before;
    assert.deepEqual(others, same);
    assert.deepEqual(await api.identity(before.id), reply.body);
  });

  test('verification 14: a country is upper-cased, and what is none is refused', async () => {
    const { id } = await api.create();
    for (const field of ['country', 'nationality']) {
      for (const bad of ['usa', 'u', 'zz', 'u1', 'ß', 'United States', '  ']) {
        isRefused(await api.patch(id, { [field]: bad }), field);
      }
      for (const good of ['us', 'US', ' uS ']) {
        assert.equal(shown(await api.update(id, { [field]: good }), field), 'US');
      }
    }
  });

  test('verification 17: an empty body changes nothing and tells nobody', async () => {
    const before = await api.createWith({ first_name: 'Ada', country: 'DE' });
    api.clock.advance(60);
    const changes = await api.changesOf(async () => {
      for (const body of [
        {},
        { nothing: 'known' },
        { first_name: 'Ada' },
        { first_name: ' Ada ', country: 'de' },
      ]) {
        assert.deepEqual(await api.update(before.id, body), before);
      }
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('verification 19: unknown fields are ignored, known ones applied', async () => {
    const { id, ...before } = await api.create();
    const surplus = {
      ...{ id: unknownIdentityId(), is_sandbox: true, session_count: 9, archived_at: 'x', tags: ['a'] },
      ...{ extracted_data: { last_name: 'Byron' }, custom_fields: { a: 1 }, created_at: 7, __proto__: 1 },
      ...{ identity_type_id: 'idtype_x', first_verified_at: '2026-01-01T00:00:00Z', metadata: null },
    };
    const changed = await api.update(id, { ...surplus, first_name: 'Ada' });
    const { updated_at: _at, extracted_data, ...same } = changed;
    assert.deepEqual(extracted_data, { first_name: 'Ada' });
    const { updated_at: _before, extracted_data: _none, ...rest } = before;
    assert.deepEqual(same, { id, ...rest });
  });

  test('verification 21: after a rename the old reference leads nowhere and is free', async () => {
    const [old, next] = [newReference(), newReference()];
    const { id } = await api.create(old);
    await api.update(old, { external_ref: next });
    assertError(await api.get(pathOf(old)), 404, 'not_found');
    assert.equal((await api.identity(next)).id, id);
    assert.notEqual((await api.create(old)).id, id);
    assert.equal((await api.update(next, { external_ref: next })).external_ref, next);
  });

  test('verification 23: an archived identity changes and stays archived', async () => {
    const { id } = await api.create();
    const archived = await api.post(`${pathOf(id)}/archive`);
    assert.equal(archived.status, 200);
    const changed = await api.update(id, { first_name: 'Ada', status: 'approved' });
    assert.equal(changed.archived_at, archived.body.archived_at);
    assert.deepEqual(await api.identity(id), changed);
    assert.equal(changed.extracted_data.first_name, 'Ada');
  });

  test('verification 27: without a whitelist every value comes back, but e-mail and phone', async () => {
    const all = {
      ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10' },
      ...{
        address_line1: '12 St James’s Square',
        address_line2: '2nd floor',
        city: 'London',
        state: 'Greater London',
      },
      ...{
        zip_code: 'SW1Y 4JH',
        document_number: 'X-12 34',
        ssn: '123-45-6789',
        nationality: 'gb',
        gender: 'female',
      },
      ...{ country: 'fr', email: newEmail(), phone: '+44 20 7946 0018', status: 'approved' },
    };
    const changed = await api.createWith(all);
    assert.deepEqual(changed.extracted_data, {
      ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10' },
      address: {
        ...{ line1: all.address_line1, line2: all.address_line2, city: 'London', state: 'Greater London' },
        zip: 'SW1Y 4JH',
      },
      ...{ document_number: 'X-12 34', ssn: '123-45-6789', nationality: 'GB', gender: 'female' },
    });
    assert.equal(changed.country, 'FR');
    assert.equal(changed.status, 'approved');
    const read = await api.get(pathOf(changed.id));
    assert.deepEqual(read.body, changed);
    assert.ok(!read.text.includes(all.email) && !read.text.includes('7946'));
  });

  test('verification 26: a whitelist decides which values come back', async (t) => {
    const fields = { first_name: 'Ada', last_name: 'Lovelace', city: 'London', ssn: '123456789' };
    const { id } = await api.createWith(fields);
    const allow = async (list: readonly string[] | null) => {
      await api.server.sql('delete from verification_settings');
      if (list !== null)
        await api.server.sql(
          `insert into verification_settings (pool_id, api_pii_fields)
           select pool_id, $1::text[] from identities where id = $2::uuid`,
          [list, uuid],
        );
      await api.server.sql('update pool_states set config_version = config_version + 1');
      return (await api.identity(id)).extracted_data;
    };
    const [row] = await api.server.sql<{ id: string }>(
      'select id from identities where external_ref = $1::text',
      [(await api.identity(id)).external_ref],
    );
    const uuid = row?.id;
    t.after(() => allow(null));
    assert.deepEqual(await allow(['first_name']), { first_name: 'Ada' });
    assert.deepEqual(await allow(['first_name', 'nationality']), { first_name: 'Ada' });
    assert.deepEqual(await allow(['address', 'ssn']), { address: { city: 'London' }, ssn: '123456789' });
    assert.deepEqual(await allow([]), {});
    assert.deepEqual((await api.update(id, { gender: 'x' })).extracted_data, {});
    assert.deepEqual(await allow(['gender']), { gender: 'x' });
    assert.equal(Object.keys(await allow(null)).length, 5);
  });

  test('every field takes as many characters as its limit after trimming, and not one more', async () => {
    const { id } = await api.create();
    for (const [field, limit] of Object.entries(FREE_TEXTS)) {
      const base = field === 'external_ref' ? newReference() : '';
      // Characters, not bytes, and not UTF-16 units.
      const full = `${base}${'𝒳'.repeat(limit - base.length)}`;
      assert.equal(shown(await api.update(id, { [field]: ` \t${full}\n ` }), field), full, field);
      isRefused(await api.patch(id, { [field]: `${full}x` }), field);
      assert.equal(shown(await api.identity(id), field), full);
      const short = field === 'external_ref' ? newReference() : 'x';
      assert.equal(shown(await api.update(id, { [field]: short }), field), short, field);
    }
    await api.update(id, { ssn: `1${'x'.repeat(63)}` });
    isRefused(await api.patch(id, { ssn: `1${'x'.repeat(64)}` }), 'ssn');
    await api.update(id, { email: `${'a'.repeat(64)}@${'b'.repeat(186)}.co` });
    isRefused(await api.patch(id, { email: `${'a'.repeat(64)}@${'b'.repeat(187)}.co` }), 'email');
    await api.update(id, { phone: `${' '.repeat(5)}123456789012345${'-'.repeat(17)}` });
    isRefused(await api.patch(id, { phone: `123456789012345${'-'.repeat(18)}` }), 'phone');
    isRefused(await api.patch(id, { status: 's'.repeat(65) }), 'status');
  });

  test('formats that are accepted', async () => {
    const { id } = await api.create();
    const today = api.clock.now().toISOString().slice(0, 10);
    for (const day of ['2000-02-29', '0001-01-01', today, ' 1990-06-15 ']) {
      assert.equal((await api.update(id, { date_of_birth: day })).extracted_data.date_of_birth, day.trim());
    }
    for (const phone of ['1234567', '+49 (30) 901820', '030.901-820', '123456789012345']) {
      await api.update(id, { phone });
      assert.deepEqual(await api.find({ phone, external_ref: (await api.identity(id)).external_ref }), [id]);
    }
    for (const email of ['a@b', 'Grüße@exämple.de', `"odd"@example.com`]) await api.update(id, { email });
    for (const ssn of ['1', 'SSN-7', '123-45-6789']) {
      assert.equal((await api.update(id, { ssn })).extracted_data.ssn, ssn);
    }
  });

  test('each of the four statuses may be set, in any order', async () => {
    const { id } = await api.create();
    for (const status of ['approved', 'failed', 'rejected', 'pending', 'approved', 'pending']) {
      const { events } = await api.changesOf(async () =>
        assert.equal((await api.update(id, { status })).status, status),
      );
      assert.deepEqual(
        events.map(({ fields }) => fields),
        [['status']],
      );
    }
  });

  test('one change is one audit entry and one event, which name fields and nothing else', async () => {
    const { id } = await api.create();
    const email = newEmail();
    const { audit, events } = await api.changesOf(() =>
      api.update(id, { first_name: 'Ada', email, country: 'DE', external_ref: newReference() }),
    );
    assert.equal(audit.length, 1);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['identity.updated'],
    );
    assert.deepEqual([...(events[0]?.fields ?? [])].sort(), [...(audit[0]?.fields ?? [])].sort());
    assert.ok(!JSON.stringify([audit, events]).includes(email));
    assert.equal(events[0]?.fields.length, 4);
  });

  test('values equal to another identity’s are accepted', async () => {
    const fields = { first_name: 'Ada', ssn: '111-11-1111', email: newEmail(), phone: '030 901820' };
    const [one, two] = [await api.createWith(fields), await api.createWith(fields)];
    assert.deepEqual((await api.find({ email: fields.email })).sort(), [one.id, two.id].sort());
  });

  test('two changes of different fields at once are both there', async () => {
    const { id } = await api.create();
    const fields = [
      ...[{ first_name: 'A' }, { last_name: 'B' }, { city: 'C' }, { state: 'D' }],
      ...[{ gender: 'E' }, { country: 'DE' }, { ssn: '1' }, { email: newEmail() }],
    ];
    const replies = await Promise.all(fields.map((body) => api.patch(id, body)));
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    const { extracted_data, country } = await api.identity(id);
    assert.deepEqual(extracted_data, {
      ...{ first_name: 'A', last_name: 'B', address: { city: 'C', state: 'D' }, gender: 'E', ssn: '1' },
    });
    assert.equal(country, 'DE');
  });
});

describe('400', () => {
  test('verification 18: a body that is no object is invalid, and one that is no JSON unreadable', async () => {
    const { id } = await api.create();
    for (const body of ['[]', '"x"', '7', 'null', 'true', '[{"first_name":"Ada"}]']) {
      assertError(await api.patch(id, body), 422, 'validation_error');
    }
    for (const body of ['{', '', '{"first_name":"Ada"', 'first_name=Ada', '{"a":1}}']) {
      assertError(await api.patch(id, body), 400, 'bad_request');
    }
    const headers = { 'content-type': 'text/plain' };
    assertError(await api.patch(id, { first_name: 'Ada' }, { headers }), 400, 'bad_request');
    assert.deepEqual((await api.identity(id)).extracted_data, {});
  });
});

describe('404', () => {
  test('verification 7: an unknown id, and a reference of nobody', async () => {
    const bodies = await Promise.all(
      [
        unknownIdentityId(),
        newReference(),
        'idn_',
        'idn_x',
        '00000000-0000-7000-8000-0123456789ab',
        '%',
        ' ',
      ].map(async (reference) => {
        const reply = await api.patch(reference, { first_name: 'Ada' });
        assertError(reply, 404, 'not_found');
        return reply.text;
      }),
    );
    assert.equal(new Set(bodies).size, 1);
  });

  test('what is wrong with the body is told before whether there is such an identity', async () => {
    isRefused(await api.patch(unknownIdentityId(), { first_name: '' }), 'first_name');
  });
});

describe('405', () => {
  test('a method that a path does not have', async () => {
    const { id } = await api.create();
    for (const method of ['PUT', 'POST'])
      assertError(await api.call(method, pathOf(id)), 405, 'method_not_allowed');
    for (const method of ['DELETE', 'PATCH', 'PUT'])
      assertError(await api.call(method, '/identities'), 405, 'method_not_allowed');
    assertError(await api.get(`${pathOf(id)}/archive`), 405, 'method_not_allowed');
    assertError(await api.get(`${pathOf(id)}/nothing-of-ours`), 404, 'not_found');
  });
});

describe('413', () => {
  test('a body over one mebibyte', async () => {
    const { id } = await api.create();
    assertError(await api.patch(id, { padding: 'x'.repeat(1_048_576) }), 413, 'payload_too_large');
  });
});

describe('422', () => {
  test('verification 13: a day that is none, or is still to come', async () => {
    const { id } = await api.create();
    const tomorrow = new Date(api.clock.now().getTime() + 86_400_000).toISOString().slice(0, 10);
    for (const bad of [
      '1990-02-30',
      tomorrow,
      '9999-12-31',
      '1990-2-3',
      '19900203',
      '1990-02-03T00:00:00Z',
      '02/03/1990',
      'x',
      '0000-00-00',
      '1900-02-29',
      '１９９０-02-03',
    ]) {
      const changes = await api.changesOf(async () =>
        isRefused(await api.patch(id, { first_name: 'Ada', date_of_birth: bad }), 'date_of_birth'),
      );
      assert.deepEqual(changes, { audit: [], events: [] }, bad);
    }
    assert.deepEqual((await api.identity(id)).extracted_data, {});
  });

  test('verification 15: null, an empty or blank text and what is no text, for every field', async () => {
    const { id } = await api.create();
    for (const field of EVERY_FIELD) {
      for (const value of [
        null,
        '',
        ' ',
        '\t\n',
        '\u00a0',
        '\u200b',
        '\u3164 \u2060',
        7,
        true,
        [],
        {},
        ['x'],
        0,
      ]) {
        isRefused(await api.patch(id, { [field]: value }), field);
      }
    }
  });

  test('verification 16: one bad field keeps every good one out, and each is named', async () => {
    const before = await api.create();
    const reply = await api.patch(before.id, {
      ...{ first_name: 'Ada', country: 'DE', external_ref: newReference() },
      ...{ email: 'no address', phone: '12', nationality: 'xx' },
    });
    isRefused(reply, 'email', 'phone', 'nationality');
    assert.ok(!reply.text.includes('no address'));
    isRefused(await api.patch(before.id, { first_name: 'Ada', status: 'unheard-of' }), 'status');
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('verification 20: a reference that another holds', async () => {
    const [one, two] = [await api.create(), await api.create()];
    const changes = await api.changesOf(async () => {
      const body = { external_ref: two.external_ref, first_name: 'Ada' };
      isRefused(await api.patch(one.id, body), 'external_ref');
      isRefused(await api.patch(one.id, { external_ref: ` ${two.external_ref} ` }), 'external_ref');
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(one.id), one);
    assert.deepEqual(await api.identity(two.external_ref), two);
  });

  test('a reference of an archived, and of a redacted identity is still taken', async () => {
    const [one, archived, redacted] = [await api.create(), await api.create(), await api.create()];
    assert.equal((await api.post(`${pathOf(archived.id)}/archive`)).status, 200);
    assert.equal((await api.delete(pathOf(redacted.id))).status, 200);
    for (const { external_ref } of [archived, redacted]) {
      isRefused(await api.patch(one.id, { external_ref }), 'external_ref');
    }
  });

  test('verification 22: a redacted identity, and a merged one, takes no change', async () => {
    const [redacted, merged] = [await api.create(), await api.create()];
    assert.equal((await api.delete(pathOf(redacted.id))).status, 200);
    await api.server.sql(
      `update identities set standing = standing || '{"status": "merged"}' where external_ref = $1::text`,
      [merged.external_ref],
    );
    for (const { id } of [redacted, merged]) {
      const before = await api.identity(id);
      for (const body of [
        { first_name: 'Ada' },
        { status: 'pending' },
        { external_ref: newReference() },
        {},
      ]) {
        const changes = await api.changesOf(async () => isRefused(await api.patch(id, body)));
        assert.deepEqual(changes, { audit: [], events: [] });
      }
      assert.deepEqual(await api.identity(id), before);
    }
  });

  test('verification 24: a status that only an operation gives', async () => {
    const { id } = await api.createWith({ status: 'approved' });
    for (const status of ['redacted', 'merged', 'Approved', 'verified', 'archived', 'deleted']) {
      isRefused(await api.patch(id, { status }), 'status');
    }
    assert.equal((await api.identity(id)).status, 'approved');
  });

  test('formats that are refused', async () => {
    const { id } = await api.create();
    const bad: Readonly<Record<string, readonly string[]>> = {
      email: ['a', '@', 'a@', '@b', 'a@b@c', 'a b@c', 'a@b c', 'a@b\u0000c', '\u200b@\u200b', 'a@\u200b'],
      phone: ['123456', '1234567890123456', '+49 30 abc 901820', '1234567#2', '(((((((', '１２３４５６７８'],
      ssn: ['x', '---', 'ssn'],
      first_name: ['a\u0000b', 'a\nb', '\ud800'],
      external_ref: ['a\u0000b', '\udc00'],
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        const reply = await api.patch(id, { [field]: value });
        isRefused(reply, field);
        assert.ok(value.length < 4 || !reply.text.includes(value), reply.text);
      }
    }
  });
});
