import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  newReference,
  pathOf,
  startVerification,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

/** Every row of every table as text. */
async function wholeDatabase(): Promise<string> {
  const tables = await api.server.sql<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = current_schema() and table_type = 'BASE TABLE'`,
  );
  assert.ok(tables.length > 20);
  const texts = await Promise.all(
    tables.map(({ name }) => api.server.sql<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return texts
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

interface Boxes {
  readonly profile: Buffer;
  readonly wrapped: Buffer;
}

async function boxesOf(id: string): Promise<Boxes> {
  const [row] = await api.server.sql<Boxes>(
    `select i.profile, k.wrapped from identities i
     join identity_keys k on k.pool_id = i.pool_id and k.identity_id = i.id where i.id = $1::uuid`,
    [uuidOf(id)],
  );
  return row ?? assert.fail('the identity has a profile');
}

async function lookupsOf(id: string): Promise<string[]> {
  const rows = await api.server.sql<{ key: string }>(
    'select key from search_keys where identity_id = $1::uuid order by key',
    [uuidOf(id)],
  );
  return rows.map(({ key }) => key);
}

test('verification 9: no personal value is in a row, an index or a log', async () => {
  const word = `Secret${newReference().replaceAll('_', '')}`;
  const fields = {
    ...{ first_name: `${word}First`, last_name: `${word}Last`, date_of_birth: '1234-05-06' },
    ...{
      address_line1: `${word} street`,
      address_line2: `${word} floor`,
      city: `${word}City`,
      state: `${word}State`,
    },
    ...{
      zip_code: `${word}Zip`.slice(-32),
      document_number: `${word}Doc`,
      ssn: '918273645546',
      gender: `${word}G`,
    },
    ...{ email: `${word}@example.com`, phone: '+4917612345098', nationality: 'TV' },
  };
  const { id } = await api.createWith(fields);
  await api.post(`${pathOf(id)}/set-tags`, { tags: [`${word}Tag`] });
  await api.patch(id, { first_name: `${word}Again` }, { headers: { 'idempotency-key': `${word}Key` } });
  await api.find({ email: fields.email });
  await api.patch(id, { email: `${word}@@` });
  const everything = `${await wholeDatabase()}\n${api.server.logs()}`.toLowerCase();
  assert.ok(everything.includes(uuidOf(id)), 'the database was read');
  for (const value of [word, '1234-05-06', '918273645546', '4917612345098', '7612345098']) {
    assert.ok(!everything.includes(value.toLowerCase()), value);
    assert.ok(!everything.includes(Buffer.from(value).toString('hex')), `${value} in hex`);
  }
});

test('verification 10: one value twice gives two ciphertexts and one look-up key', async () => {
  const fields = {
    first_name: 'Ada',
    last_name: 'Lovelace',
    date_of_birth: '1815-12-10',
    ssn: '123-45-6789',
    city: 'London',
  };
  const [one, two] = [await api.createWith(fields), await api.createWith(fields)];
  const [first, second] = [await boxesOf(one.id), await boxesOf(two.id)];
  assert.notDeepEqual(first.profile, second.profile);
  const keys = await lookupsOf(one.id);
  // Of the name with the birth date, the number, the city, and of the name as a whole, by which kyc looks.
  assert.equal(keys.length, 4);
  assert.deepEqual(await lookupsOf(two.id), keys);
  // And written again to the same identity: other bytes, the same keys.
  await api.update(one.id, { ssn: '987654321' });
  await api.update(one.id, { ssn: '123-45-6789' });
  const again = await boxesOf(one.id);
  assert.notDeepEqual(again.profile, first.profile);
  assert.deepEqual(again.wrapped, first.wrapped);
  assert.deepEqual(await lookupsOf(one.id), keys);
  // Other environments and accounts have other keys for the same values.
  for (const key of [api.sandboxKey, (await api.otherAccount()).key]) {
    const other = await lookupsOf((await api.createWith(fields, { key })).id);
    assert.equal(other.length, 4);
    for (const lookup of other) assert.ok(!keys.includes(lookup));
  }
});

describe('verification 56: what was sealed elsewhere does not open', () => {
  const PERSON = { first_name: 'Ada', last_name: 'Lovelace' };
  async function failsClosed(id: string): Promise<void> {
    for (const reply of [
      await api.get(pathOf(id)),
      await api.patch(id, { first_name: 'B' }),
      await api.post(`${pathOf(id)}/add-tag`, { tag: 'a' }),
    ]) {
      assertError(reply, 500, 'internal_error');
      assert.ok(!reply.text.includes('Ada') && !reply.text.includes('Lovelace'));
    }
  }

  test('verification 56: another identity’s ciphertext on this row', async () => {
    const [one, two] = [await api.createWith(PERSON), await api.createWith({ first_name: 'Eve' })];
    const { profile } = await boxesOf(one.id);
    await api.server.sql('update identities set profile = $1::bytea where id = $2::uuid', [
      profile,
      uuidOf(two.id),
    ]);
    await failsClosed(two.id);
    assert.equal((await api.identity(one.id)).extracted_data.first_name, 'Ada');
  });

  test('with its key along with it', async () => {
    const [one, two] = [await api.createWith(PERSON), await api.createWith({ first_name: 'Eve' })];
    const { profile, wrapped } = await boxesOf(one.id);
    await api.server.sql('update identities set profile = $1::bytea where id = $2::uuid', [
      profile,
      uuidOf(two.id),
    ]);
    await api.server.sql('update identity_keys set wrapped = $1::bytea where identity_id = $2::uuid', [
      wrapped,
      uuidOf(two.id),
    ]);
    await failsClosed(two.id);
  });

  test('another account’s, a changed bit, and a cut end', async () => {
    const { key } = await api.otherAccount();
    const foreign = await boxesOf((await api.createWith(PERSON, { key })).id);
    const { id } = await api.createWith(PERSON);
    const own = await boxesOf(id);
    const flipped = Buffer.from(own.profile);
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    for (const profile of [
      foreign.profile,
      flipped,
      own.profile.subarray(0, -1),
      Buffer.alloc(0),
      own.wrapped,
    ]) {
      await api.server.sql('update identities set profile = $1::bytea where id = $2::uuid', [
        profile,
        uuidOf(id),
      ]);
      await failsClosed(id);
    }
    await api.server.sql('update identities set profile = $1::bytea where id = $2::uuid', [
      own.profile,
      uuidOf(id),
    ]);
    assert.equal((await api.identity(id)).extracted_data.first_name, 'Ada');
  });

  test('a broken row on a list fails the list, closed', async () => {
    const { key } = await api.otherAccount();
    const [one, two] = [
      await api.createWith(PERSON, { key }),
      await api.createWith({ first_name: 'Eve' }, { key }),
    ];
    const { profile } = await boxesOf(one.id);
    await api.server.sql('update identities set profile = $1::bytea where id = $2::uuid', [
      profile,
      uuidOf(two.id),
    ]);
    assertError(await api.get('/identities', { key }), 500, 'internal_error');
    // Erasing needs nothing of what is in it.
    const erased = await api.delete(pathOf(two.id), { key });
    assert.ok(erased.status === 200 || erased.status === 500, erased.text);
  });
});
