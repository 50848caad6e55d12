import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  type Json,
  newReference,
  type Shown,
  startVerification,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
let key: string;
before(async () => {
  api = await startVerification();
  key = api.sandboxKey;
});
after(() => api.close());

const FIELDS = {
  ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '2000-03-01', gender: 'female' },
  ...{ address_line1: '1 Main Street', city: 'London', state: 'LDN', zip_code: 'N1', nationality: 'GB' },
  ...{ document_number: 'X1234567', ssn: '123-45-6789', email: 'ada@example.com', phone: '+442012345678' },
};

async function ended(action: string, body: Json = {}, fields: Json | null = null): Promise<Shown> {
  const reference = newReference();
  if (fields !== null) {
    await api.create(reference, { key });
    await api.update(reference, fields, { key });
  }
  const made = await api.post('/sessions', { external_ref: reference, ...body }, { key });
  assert.equal(made.status, 201, made.text);
  const reply = await api.post(`/sessions/${made.body.id}/simulate`, { action }, { key });
  assert.equal(reply.status, 200, reply.text);
  return { id: made.body.id, reference };
}
const fetch = (id: string) => api.get(`/sessions/${id}/result`, { key });
async function result(id: string): Promise<Shown> {
  const reply = await fetch(id);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

async function configure(column: string, value: unknown): Promise<void> {
  const [pool] = await api.server.sql<{ id: string }>(`select id from pools where environment = 'sandbox'`);
  await api.server.sql(
    `insert into verification_settings (pool_id, ${column}) values ($1::uuid, $2)
     on conflict (pool_id) do update set ${column} = excluded.${column}`,
    [pool?.id, value],
  );
  await api.server.sql(
    'update pool_states set config_version = config_version + 1 where pool_id = $1::uuid',
    [pool?.id],
  );
}

describe('200', () => {
  test('an approval: every field, the same id in another spelling', async () => {
    const { id } = await ended('approve', { country: 'GB' });
    assert.deepEqual(await result(id), {
      ...{ id: id.replace('ses_', 'res_'), session_id: id, status: 'approved', is_sandbox: true },
      ...{ created_at: api.clock.now().toISOString(), face_match_passed: true, face_match_score: 1 },
      ...{ age_check_passed: null, extracted_age: null, extracted_data: {}, rejection_reason: null },
      ...{ processing_mode: 'simulated', country_used: 'GB', sensitive_data_expired: false },
    });
  });

  test('a decline says why; a review has compared no faces', async () => {
    const declined = await result((await ended('decline')).id);
    assert.deepEqual(
      [declined.status, declined.face_match_passed, declined.face_match_score],
      ['rejected', false, 0],
    );
    assert.match(declined.rejection_reason, /declined/);
    const review = await ended('require-review');
    const open = await result(review.id);
    assert.deepEqual(
      [open.status, open.face_match_passed, open.face_match_score, open.rejection_reason],
      ['needs_review', null, null, null],
    );
    api.clock.advance(10);
    await api.post(`/sessions/${review.id}/simulate`, { action: 'approve' }, { key });
    const decided = await result(review.id);
    assert.deepEqual([decided.status, decided.created_at], ['approved', api.clock.now().toISOString()]);
  });

  test('a simulated session finds what the record says, as it was then', async () => {
    const { id, reference } = await ended('approve', {}, FIELDS);
    const { city, state, zip_code: zip, address_line1: line1 } = FIELDS;
    const {
      email: _email,
      phone: _phone,
      address_line1: _line1,
      city: _city,
      state: _state,
      ...rest
    } = FIELDS;
    const { zip_code: _zip, ...found } = rest;
    const expected = { ...found, address: { line1, city, state, zip } };
    assert.deepEqual((await result(id)).extracted_data, expected);
    await api.update(reference, { city: 'Paris' }, { key });
    assert.deepEqual((await result(id)).extracted_data, expected);
  });

  test('the age is that of the day of the verification, and is weighed where a minimum was asked for', async () => {
    // The day itself counts, the day before does not: both in UTC, from the clock of the server.
    const today = api.clock.now();
    const back = (years: number, days: number) =>
      new Date(Date.UTC(today.getUTCFullYear() - years, today.getUTCMonth(), today.getUTCDate() + days))
        .toISOString()
        .slice(0, 10);
    const of = async (date_of_birth: string, checks?: Json) => {
      const { id, reference } = await ended('approve', checks === undefined ? {} : { checks }, {
        date_of_birth,
      });
      const found = await result(id);
      const person = await api.identity(reference, { key });
      assert.equal(person.extracted_age, found.extracted_age);
      assert.equal(person.age_check_passed, found.age_check_passed);
      return { found, id, reference };
    };
    const adult = await of(back(18, 0), { minimum_age: 18 });
    assert.deepEqual([adult.found.extracted_age, adult.found.age_check_passed], [18, true]);
    const minor = await of(back(18, 1), { minimum_age: 18 });
    assert.deepEqual([minor.found.extracted_age, minor.found.age_check_passed], [17, false]);
    const unasked = await of(back(30, 0));
    assert.deepEqual([unasked.found.extracted_age, unasked.found.age_check_passed], [30, null]);
    const unknown = await ended('approve', { checks: { minimum_age: 18 } });
    assert.equal((await result(unknown.id)).age_check_passed, null);
  });

  test('a redacted session still tells that there was a result, and nothing of it', async () => {
    const { id } = await ended('decline', { country: 'DE' }, FIELDS);
    assert.equal((await api.delete(`/sessions/${id}/data`, { key })).status, 200);
    const left = await result(id);
    assert.deepEqual(
      [left.status, left.sensitive_data_expired, left.extracted_data, left.rejection_reason],
      ['rejected', true, {}, null],
    );
    for (const name of ['face_match_passed', 'face_match_score', 'extracted_age', 'country_used'])
      assert.equal(left[name], null, name);
  });

  test('personal data follow the whitelist and the retention of the pool', async () => {
    const { id, reference } = await ended('approve', {}, FIELDS);
    await configure('api_pii_fields', ['first_name', 'document_type']);
    assert.deepEqual((await result(id)).extracted_data, { first_name: 'Ada' });
    await configure('api_pii_fields', []);
    assert.deepEqual((await result(id)).extracted_data, {});
    await configure('api_pii_fields', null);
    await configure('sensitive_data_retention_days', 30);
    api.clock.advance(30 * 86_400 - 1);
    assert.equal((await result(id)).sensitive_data_expired, false);
    assert.equal((await result(id)).extracted_data.first_name, 'Ada');
    api.clock.advance(1);
    const later = await result(id);
    assert.deepEqual([later.sensitive_data_expired, later.extracted_data], [true, {}]);
    assert.equal(later.face_match_passed, true);
    assert.deepEqual((await api.identity(reference, { key })).extracted_data, {});
    await configure('sensitive_data_retention_days', null);
  });
});

describe('403, 404', () => {
  test('there is none until there is one, nor for another pool, nor for what expired', async () => {
    const made = await api.post('/sessions', {}, { key });
    assertError(await fetch(made.body.id), 404, 'not_found');
    assertError(await fetch((await ended('expire')).id), 404, 'not_found');
    assertError(await fetch('ses_x'), 404, 'not_found');
    const { id } = await ended('approve');
    assertError(await api.get(`/sessions/${id}/result`), 404, 'not_found');
    const expired = await ended('require-review');
    await api.post(`/sessions/${expired.id}/simulate`, { action: 'expire' }, { key });
    assertError(await fetch(expired.id), 404, 'not_found');
  });

  test('it takes the grant of its own', async () => {
    const [reads, creates] = [await api.keyWith('verifications:read'), await api.keyWith('sessions:create')];
    const made = await api.post('/sessions', {}, { key: creates });
    assertError(await api.get(`/sessions/${made.body.id}/result`, { key: reads }), 404, 'not_found');
    assertError(await api.get(`/sessions/${made.body.id}/result`, { key: creates }), 403, 'forbidden');
  });
});

test('neither metadata nor anything of a result stands in any column in clear', async () => {
  const mark = `canary${newReference()}x`;
  const fields = {
    ...{ first_name: `${mark}1`, last_name: `${mark}2`, address_line1: `${mark}3`, gender: `${mark}4` },
    ...{ document_number: `${mark}5` },
  };
  const body = {
    metadata: { [`${mark}6`]: `${mark}7` },
    redirect_url: `https://example.com/?name=${mark}8`,
    checks: [`${mark}9`],
  };
  const headers = { 'idempotency-key': newReference() };
  const reference = newReference();
  await api.create(reference, { key });
  await api.update(reference, fields, { key });
  const made = await api.post('/sessions', { external_ref: reference, ...body }, { key, headers });
  assert.equal(made.status, 201, made.text);
  await api.post(`/sessions/${made.body.id}/simulate`, { action: 'approve' }, { key });
  assert.equal((await result(made.body.id)).extracted_data.first_name, `${mark}1`);

  const tables = await api.server.sql<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  let hits = 0;
  for (const { name } of tables) {
    const rows = await api.server.sql<{ text: string; raw: string }>(
      `select t::text as text from "${name}" t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0`,
      [mark, Buffer.from(mark).toString('hex')],
    );
    assert.deepEqual(rows, [], name);
    // What is plain on purpose is found in this way.
    const [found] = await api.server.sql<{ n: number }>(
      `select count(*)::integer as n from "${name}" t where strpos(t::text, $1) > 0`,
      [reference],
    );
    hits += found?.n ?? 0;
  }
  assert.ok(hits > 0);
  assert.ok(!api.server.logs().includes(mark));
  assert.equal(
    (await api.server.sql('select 1 from verifications where id = $1::uuid', [uuidOf(made.body.id)])).length,
    1,
  );
});
