import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
  type Json,
  newEmail,
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

const search = (body: unknown) => api.post('/identities/search', body);

describe('200', () => {
  test('verification 11: an e-mail that changed is found by its new form alone', async () => {
    const [a, b] = [newEmail(), newEmail()];
    const { id } = await api.createWith({ email: a });
    assert.deepEqual(await api.find({ email: a }), [id]);
    await api.update(id, { email: b });
    assert.deepEqual(await api.find({ email: a }), []);
    assert.deepEqual(await api.find({ email: b }), [id]);
  });

  test('verification 12: the triple follows a change of one of its parts', async () => {
    const was = { first_name: 'Ada', last_name: 'Byron', date_of_birth: '1815-12-10' };
    const { id } = await api.createWith(was);
    assert.deepEqual(await api.find(was), [id]);
    await api.update(id, { last_name: 'Lovelace' });
    assert.deepEqual(await api.find(was), []);
    assert.deepEqual(await api.find({ ...was, last_name: 'Lovelace' }), [id]);
  });

  test('the triple is found once all three are there, in whatever order they came', async () => {
    const triple = { first_name: 'Grace', last_name: 'Hopper', date_of_birth: '1906-12-09' };
    const { id } = await api.create();
    for (const [field, value] of Object.entries(triple).reverse()) {
      assert.deepEqual(await api.find(triple), []);
      await api.update(id, { [field]: value });
    }
    assert.deepEqual(await api.find(triple), [id]);
  });

  test('verification 41: punctuation of an ssn does not count', async () => {
    const { id } = await api.createWith({ ssn: '123-45-6789' });
    for (const ssn of ['123456789', '123 45 6789', ' 123-45-6789 ', 'SSN: 123.45.6789']) {
      assert.deepEqual(await api.find({ ssn }), [id]);
    }
    assert.deepEqual(await api.find({ ssn: '123456788' }), []);
  });

  test('every filter finds what was stored, in each form that is the same to it', async () => {
    const stored: Json = {
      ...{ first_name: ' Zoë  Ann ', last_name: 'O’Neil', date_of_birth: '1990-06-15' },
      ...{
        document_number: 'C01x-00 47/8',
        ssn: '987-65-4321',
        email: 'Zoë.Two@Exämple.de',
        phone: '+49 (30) 901-8200',
      },
      ...{ city: 'Bad  Homburg', state: 'Hesse', zip_code: 'AB 12 3', country: 'DE' },
    };
    const { id } = await api.createWith(stored);
    const same: readonly Json[] = [
      { first_name: 'zoë ann', last_name: 'O’NEIL', date_of_birth: '1990-06-15' },
      // Decomposed, and full-width: NFKC.
      { first_name: 'Zoe\u0308 Ann', last_name: 'Ｏ’Neil', date_of_birth: '1990-06-15' },
      ...[{ document_number: 'c01X00478' }, { document_number: 'C01X-0047-8' }, { ssn: '987654321' }],
      ...[{ email: 'zoë.two@exämple.de' }, { email: ' ZOË.TWO@EXÄMPLE.DE ' }],
      ...[{ phone: '+4930 9018200' }, { phone: '0049309018200' }, { phone: '9309018200' }],
      ...[
        { city: 'bad homburg' },
        { city: 'BAD   HOMBURG' },
        { state: 'hesse ' },
        { zip_code: 'ab123' },
        { zip_code: 'A B 1 2 3' },
      ],
      ...[{ country: 'de' }, { country: 'DE' }],
    ];
    for (const filter of same) assert.deepEqual(await api.find(filter), [id], JSON.stringify(filter));
    const others: readonly Json[] = [
      { first_name: 'zoëann', last_name: 'O’Neil', date_of_birth: '1990-06-15' },
      { first_name: 'zoë ann', last_name: 'O’Neil', date_of_birth: '1990-06-16' },
      ...[
        { document_number: 'C01X0047' },
        { email: 'zoe.two@exämple.de' },
        { phone: '9018200' },
        { city: 'Homburg' },
      ],
      ...[{ state: 'hess' }, { zip_code: 'AB124' }, { country: 'AT' }],
      // One field's value is not another's.
      ...[
        { ssn: '9309018200' },
        { document_number: '987654321' },
        { city: 'Hesse' },
        { state: 'Bad Homburg' },
      ],
    ];
    for (const filter of others) assert.deepEqual(await api.find(filter), [], JSON.stringify(filter));
  });

  test('filters are joined by and', async () => {
    const email = newEmail();
    const one = await api.createWith({ email, city: 'Paris', country: 'FR', status: 'approved' });
    const two = await api.createWith({ email, city: 'Lyon', country: 'FR' });
    assert.deepEqual(await api.find({ email }), [two.id, one.id]);
    assert.deepEqual(await api.find({ email, city: 'paris' }), [one.id]);
    assert.deepEqual(await api.find({ email, status: 'pending' }), [two.id]);
    assert.deepEqual(await api.find({ email, country: 'fr', city: 'Lyon', status: 'pending' }), [two.id]);
    assert.deepEqual(await api.find({ email, country: 'DE' }), []);
    assert.deepEqual(await api.find({ email, external_ref: one.external_ref }), [one.id]);
    assert.deepEqual(await api.find({ email, external_ref: newReference() }), []);
  });

  test('a reference is matched whole and in its own case', async () => {
    const reference = `${newReference()}Aä`;
    const { id } = await api.create(reference);
    assert.deepEqual(await api.find({ external_ref: ` ${reference} ` }), [id]);
    for (const external_ref of [reference.toLowerCase(), reference.slice(0, -1), `${reference}x`]) {
      assert.deepEqual(await api.find({ external_ref }), []);
    }
  });

  test('pages, with the total of all that match', async () => {
    const city = newReference();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await api.createWith({ city })).id);
    const page = async (more: Json) => {
      const { body, status, text } = await search({ city, ...more });
      assert.equal(status, 200, text);
      return [body.data.map(({ id }: Shown) => id), body.pagination];
    };
    assert.deepEqual(await page({}), [ids, { total: 5, limit: 25, offset: 0 }]);
    assert.deepEqual(await page({ limit: 2, offset: 1 }), [
      ids.slice(1, 3),
      { total: 5, limit: 2, offset: 1 },
    ]);
    assert.deepEqual(await page({ limit: 100, offset: 5 }), [[], { total: 5, limit: 100, offset: 5 }]);
    assert.deepEqual(await page({ offset: 1e6 }), [[], { total: 5, limit: 25, offset: 1e6 }]);
  });

  test('items are whole identities without personal data', async () => {
    const email = newEmail();
    const { extracted_data, ...shown } = await api.createWith({ email, first_name: 'Ada', country: 'DE' });
    assert.deepEqual(extracted_data, { first_name: 'Ada' });
    const { body, text } = await search({ email });
    assert.deepEqual(body.data, [{ ...shown, extracted_data: {} }]);
    assert.ok(!text.includes('Ada') && !text.includes(email));
  });

  test('archived identities are found', async () => {
    const email = newEmail();
    const { id } = await api.createWith({ email });
    await api.post(`${pathOf(id)}/archive`);
    assert.deepEqual(await api.find({ email }), [id]);
  });

  test('verification 46: a redacted identity is found by nothing personal', async () => {
    const personal: Json = {
      ...{
        first_name: 'Ada',
        last_name: 'King',
        date_of_birth: '1815-12-10',
        email: newEmail(),
        phone: '0301234567',
      },
      ...{
        document_number: newReference(),
        ssn: '555-55-5555',
        city: 'Ockham',
        state: 'Surrey',
        zip_code: 'GU23',
      },
    };
    const { id, external_ref } = await api.createWith({ ...personal, country: 'GB' });
    assert.deepEqual(await api.find({ ...personal, country: 'GB' }), [id]);
    assert.equal((await api.delete(pathOf(id))).status, 200);
    const { first_name, last_name, date_of_birth, ...single } = personal;
    assert.deepEqual(await api.find({ first_name, last_name, date_of_birth }), []);
    for (const [field, value] of Object.entries(single))
      assert.deepEqual(await api.find({ [field]: value }), []);
    assert.deepEqual(await api.find({ external_ref }), [id]);
    assert.deepEqual(await api.find({ external_ref, status: 'redacted' }), [id]);
    // Where somebody was verified goes with the rest.
    assert.deepEqual(await api.find({ external_ref, country: 'GB' }), []);
  });

  test('a search leaves no trace of what was looked for', async () => {
    const [email, city] = [newEmail(), newReference()];
    const changes = await api.changesOf(() =>
      search({ email, city, first_name: 'a', last_name: 'b', date_of_birth: '1990-01-01' }),
    );
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.ok(!api.server.logs().includes(email) && !api.server.logs().includes(city));
  });

  test('unknown filters are ignored', async () => {
    const { id, external_ref } = await api.create();
    assert.deepEqual(
      await api.find({ external_ref, gender: 'x', nationality: 7, address_line1: null, q: '' }),
      [id],
    );
  });
});

describe('422', () => {
  test('verification 40: one or two of the three that go together', async () => {
    const triple: Json = { first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10' };
    isRefused(await search({ first_name: 'Ada' }), 'last_name', 'date_of_birth');
    for (const left of Object.keys(triple)) {
      const { [left]: _left, ...two } = triple;
      isRefused(await search(two), left);
      isRefused(await search({ ...two, external_ref: 'x' }), left);
    }
  });

  test('no filter at all', async () => {
    for (const body of [{}, { limit: 5 }, { offset: 0, limit: 10 }, { gender: 'x' }])
      isRefused(await search(body));
  });

  test('filters and bounds that are none', async () => {
    const city = 'Paris';
    for (const limit of [0, 101, -1, 1.5, '10', null, true, [], 1e300])
      isRefused(await search({ city, limit }), 'limit');
    for (const offset of [-1, 0.5, '0', null, 1e300]) isRefused(await search({ city, offset }), 'offset');
    for (const field of [
      'external_ref',
      'status',
      'country',
      'document_number',
      'ssn',
      'email',
      'phone',
      'city',
      'state',
      'zip_code',
    ]) {
      for (const value of [null, '', ' ', 7, [], {}, 'x'.repeat(256), 'a\u0000'])
        isRefused(await search({ [field]: value }), field);
    }
    isRefused(await search({ country: 'usa' }), 'country');
    isRefused(await search({ email: 'no address' }), 'email');
    isRefused(
      await search({ first_name: 'a', last_name: 'b', date_of_birth: '1990-02-30' }),
      'date_of_birth',
    );
    isRefused(await search({ document_number: '--' }), 'document_number');
    isRefused(await search('[]'));
    assertError(await search('{'), 400, 'bad_request');
  });
});
