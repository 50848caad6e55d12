import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  detailsOf,
  emailFactor,
  newEmail,
  type PoolsApi,
  assertError as poolsError,
  type Shown,
  startPools,
} from '../harness/pools.ts';
import {
  assertError,
  isRefused,
  newReference,
  pathOf,
  placedOf,
  taggedOf,
  uuidOf,
  type VerificationApi,
  verificationOf,
} from '../harness/verification.ts';

// What goes in through one surface and is looked at through another (DESIGN 4).

let pools: PoolsApi;
let api: VerificationApi;
let pool: string;
before(async () => {
  pools = await startPools();
  api = await verificationOf(pools.server);
  pool = pools.account.poolId;
});
after(() => pools.close());

/** The identity as pools shows it, by its id in verification's spelling. */
const onPools = (id: string): Promise<Shown> => pools.identity(placedOf(id, pool));
const emailOf = ({ factors }: Shown): Shown =>
  factors.find(({ name }: Shown) => name === 'email') ?? assert.fail('no factor `email`');
const createOnPools = (email: string) =>
  pools.post('/identity', { pool_id: pool, factors: [emailFactor(email)] });

describe('an e-mail', () => {
  test('written by verification is pools’ factor, with a new vid each time, and taken there', async () => {
    const [first, second] = [newEmail(), newEmail()];
    const { id } = await api.createWith({ email: first });
    const before = emailOf(await onPools(id));
    assert.equal(before.value, first);
    assert.equal((await onPools(id)).title, first);
    poolsError(await createOnPools(first.toUpperCase()), 422, 'invalid_value');
    await api.update(id, { email: second });
    const after = emailOf(await onPools(id));
    assert.equal(after.value, second);
    assert.notEqual(after.nid, before.nid);
    assert.notEqual(after.vid, before.vid);
    poolsError(await createOnPools(second), 422, 'invalid_value');
    detailsOf(await createOnPools(first));
    // Sent again as it is, or with something else changed, it keeps its vid.
    await api.update(id, { email: second, first_name: 'Ada' });
    assert.deepEqual(emailOf(await onPools(id)), after);
  });

  test('of another identity is accepted by verification, which leaves the claim where it is', async () => {
    const email = newEmail();
    const holder = detailsOf(await createOnPools(email));
    const { id } = await api.createWith({ email: email.toUpperCase() });
    assert.equal(emailOf(await onPools(id)).value, email.toUpperCase());
    assert.equal((await onPools(taggedOf(holder.id))).title, email);
    assert.deepEqual((await api.find({ email })).sort(), [id, taggedOf(holder.id)].sort());
    poolsError(await createOnPools(email), 422, 'invalid_value');
    // Writing the same on pools is no news, and another change is free to happen.
    detailsOf(await pools.put(`/identity/${placedOf(id, pool)}`, { metadata: { a: 'b' } }));
    detailsOf(await pools.put(`/identity/${holder.id}`, { factors: [emailFactor(newEmail())] }));
    assert.deepEqual(await api.find({ email }), [id]);
  });

  test('left unclaimed is claimed by the next change, once it is free', async () => {
    const email = newEmail();
    const holder = detailsOf(await createOnPools(email));
    const { id } = await api.createWith({ email });
    detailsOf(await pools.delete(`/identity/${holder.id}`));
    await api.update(id, { email: newEmail() });
    await api.update(id, { email });
    poolsError(await createOnPools(email), 422, 'invalid_value');
  });

  test('two identities of verification with one e-mail change it apart', async () => {
    const email = newEmail();
    const [one, two] = [await api.createWith({ email }), await api.createWith({ email })];
    await api.update(one.id, { email: newEmail() });
    assert.deepEqual(await api.find({ email }), [two.id]);
    await api.update(two.id, { first_name: 'Ada' });
    assert.equal(emailOf(await onPools(two.id)).value, email);
    await api.delete(pathOf(one.id));
    await api.update(two.id, { email: newEmail() });
    assert.deepEqual(await api.find({ email }), []);
    detailsOf(await createOnPools(email));
  });

  test('left unclaimed is not given up by whoever does not hold it', async () => {
    for (const end of ['change', 'redact', 'delete', 'put'] as const) {
      const email = newEmail();
      const holder = detailsOf(await createOnPools(email));
      const { id } = await api.createWith({ email });
      if (end === 'change') await api.update(id, { email: newEmail() });
      if (end === 'redact') assert.equal((await api.delete(pathOf(id))).status, 200);
      if (end === 'delete') detailsOf(await pools.delete(`/identity/${placedOf(id, pool)}`));
      if (end === 'put') {
        const factors = [emailFactor(newEmail())];
        detailsOf(await pools.put(`/identity/${placedOf(id, pool)}`, { factors }));
      }
      poolsError(await createOnPools(email), 422, 'invalid_value');
      assert.deepEqual(await api.find({ email }), [taggedOf(holder.id)], end);
    }
  });

  test('that several identities are given at once is claimed by one of them', async () => {
    const email = newEmail();
    const made = await Promise.all(Array.from({ length: 6 }, () => api.create()));
    const replies = await Promise.all(made.map(({ id }) => api.patch(id, { email })));
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    assert.equal((await api.find({ email })).length, 6);
    poolsError(await createOnPools(email), 422, 'invalid_value');
    const claims = await api.server.sql<{ identity_id: string }>(
      `select c.identity_id from identifiers c where c.space <> 'external_ref' and c.identity_id = any ($1::uuid[])`,
      [made.map(({ id }) => uuidOf(id))],
    );
    assert.equal(claims.length, 1);
  });

  test('written by pools is what verification finds, and the old one is not', async () => {
    const [first, second] = [newEmail(), newEmail()];
    const { id: placed } = detailsOf(await createOnPools(first));
    const id = taggedOf(placed);
    assert.deepEqual(await api.find({ email: first }), [id]);
    detailsOf(await pools.put(`/identity/${placed}`, { factors: [emailFactor(second)] }));
    assert.deepEqual(await api.find({ email: first }), []);
    assert.deepEqual(await api.find({ email: ` ${second.toUpperCase()}` }), [id]);
  });

  test('a changed e-mail at once on both surfaces is the same for both afterwards', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { id: placed } = detailsOf(await createOnPools(newEmail()));
      const id = taggedOf(placed);
      const [ours, theirs] = [newEmail(), newEmail()];
      const [patched, put] = await Promise.all([
        api.patch(id, { email: ours }),
        pools.put(`/identity/${placed}`, { factors: [emailFactor(theirs)] }),
      ]);
      assert.deepEqual([patched.status, put.status], [200, 200]);
      const { value } = emailOf(await onPools(id));
      assert.deepEqual(await api.find({ email: value }), [id]);
      assert.deepEqual(await api.find({ email: value === ours ? theirs : ours }), []);
    }
  });
});

describe('R11: one record', () => {
  test('made on pools it is pending here, without a reference, and listed', async () => {
    const { id: placed } = detailsOf(await createOnPools(newEmail()));
    const id = taggedOf(placed);
    const shown = await api.identity(id);
    assert.deepEqual(
      [
        shown.status,
        shown.external_ref,
        shown.session_count,
        shown.extracted_data,
        shown.tags,
        shown.is_sandbox,
      ],
      ['pending', null, 0, {}, [], false],
    );
    const list = await api.get('/identities?limit=1');
    assert.deepEqual(list.body.data, [shown]);
    const external_ref = newReference();
    await api.update(id, { external_ref, first_name: 'Ada' });
    assert.equal((await api.identity(external_ref)).id, id);
  });

  test('made by reference it is on pools, with empty factors and its id for a title', async () => {
    const { id } = await api.create();
    const shown = await onPools(id);
    assert.deepEqual(
      [shown.status, shown.title, shown.factors, shown.metadata, shown.claims],
      ['extant', placedOf(id, pool), [], {}, {}],
    );
    const { body } = await pools.get(`/identity?pool_id=${pool}&pagination[limit]=500`);
    assert.ok(body.summaries.some((item: Shown) => item.id === shown.id));
    detailsOf(await pools.put(`/identity/${shown.id}`, { metadata: { a: 'b' } }));
    assert.deepEqual((await api.identity(id)).custom_fields, {});
  });

  test('pools’ metadata are none of verification’s, and its tags none of pools’', async () => {
    const { id: placed } = await pools.createIdentity(pool, { metadata: { first_name: 'Meta' } });
    const id = taggedOf(placed);
    await api.post(`${pathOf(id)}/add-tag`, { tag: 'vip' });
    await api.update(id, { first_name: 'Ada' });
    assert.deepEqual((await pools.identity(placed)).metadata, { first_name: 'Meta' });
    assert.deepEqual((await api.identity(id)).extracted_data, { first_name: 'Ada' });
  });
});

describe('R8: ending', () => {
  test('archived is hidden from verification’s list only', async () => {
    const email = newEmail();
    const { id } = await api.createWith({ email });
    const before = await onPools(id);
    await api.post(`${pathOf(id)}/archive`);
    assert.deepEqual(await onPools(id), before);
    poolsError(await createOnPools(email), 422, 'invalid_value');
    detailsOf(await pools.put(`/identity/${before.id}`, { metadata: { a: 'b' } }));
    assert.notEqual((await api.identity(id)).archived_at, null);
  });

  test('deleted by pools it is nowhere here, and its reference and e-mail are free', async () => {
    const [email, external_ref] = [newEmail(), newReference()];
    const { id } = await api.create(external_ref);
    await api.update(id, { email, ssn: '77-77', country: 'LI' });
    const placed = placedOf(id, pool);
    const total = async () =>
      (await api.get('/identities?limit=1&include_archived=true')).body.pagination.total;
    const before = await total();
    detailsOf(await pools.delete(`/identity/${placed}`));
    assert.equal(await total(), before - 1);
    const missing = await api.get(pathOf('nobody'));
    for (const reference of [id, external_ref]) {
      for (const reply of [
        await api.get(pathOf(reference)),
        await api.patch(reference, { first_name: 'Ada' }),
        await api.delete(pathOf(reference)),
        await api.post(`${pathOf(reference)}/archive`),
        await api.post(`${pathOf(reference)}/add-tag`, { tag: 'a' }),
      ]) {
        assertError(reply, 404, 'not_found');
        assert.equal(reply.text, missing.text);
      }
    }
    for (const filter of [{ email }, { ssn: '7777' }, { country: 'LI' }, { external_ref }])
      assert.deepEqual(await api.find(filter), []);
    assert.ok(!(await api.get('/identities?include_archived=true&limit=100')).text.includes(id));
    assert.deepEqual((await api.get(`/identities?q=${external_ref}&include_archived=true`)).body.data, []);
    assert.notEqual((await api.create(external_ref)).id, id);
    detailsOf(await createOnPools(email));
  });

  test('an archived one deleted by pools is gone from verification’s totals as well', async () => {
    const { id } = await api.create();
    await api.post(`${pathOf(id)}/archive`);
    const total = async (query: string) =>
      (await api.get(`/identities?limit=1${query}`)).body.pagination.total;
    const [listed, all] = [await total(''), await total('&include_archived=true')];
    detailsOf(await pools.delete(`/identity/${placedOf(id, pool)}`));
    assert.deepEqual([await total(''), await total('&include_archived=true')], [listed, all - 1]);
  });

  test('redacted it is `deleted` on pools with nothing in it, and its e-mail is free', async () => {
    const email = newEmail();
    const { id: placed } = await pools.createIdentity(pool, { email, metadata: { note: 'x' } });
    const id = taggedOf(placed);
    detailsOf(await pools.post(`/identity/${placed}/interaction`, { details: { user_agent: 'Browser' } }));
    await api.update(id, { external_ref: newReference(), first_name: 'Ada' });
    assert.equal((await api.delete(pathOf(id))).status, 200);
    const shown = await pools.identity(placed);
    assert.deepEqual(
      [
        shown.status,
        shown.title,
        shown.factors,
        shown.metadata,
        shown.claims,
        shown.first_seen,
        shown.last_seen,
      ],
      ['deleted', placed, [], {}, {}, null, null],
    );
    poolsError(await pools.put(`/identity/${placed}`, { metadata: { a: 'b' } }), 409, 'invalid_action');
    poolsError(await pools.delete(`/identity/${placed}`), 409, 'invalid_action');
    assert.equal((await api.identity(id)).status, 'redacted');
    detailsOf(await createOnPools(email));
  });

  test('deleted by pools and redacted at once: one of them ends it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { id } = await api.createWith({ first_name: 'Ada' });
      const [deleted, redacted] = await Promise.all([
        pools.delete(`/identity/${placedOf(id, pool)}`),
        api.delete(pathOf(id)),
      ]);
      const outcome = `${deleted.status},${redacted.status}`;
      assert.ok(['200,404', '409,200'].includes(outcome), outcome);
      assert.equal((await api.get(pathOf(id))).status, redacted.status);
    }
  });
});

describe('R7: every change is told once, in names', () => {
  test('whichever surface makes it', async () => {
    const email = newEmail();
    const { id } = await api.createWith({ email });
    const rows = await api.changesOf(async () => {
      await api.update(id, { email: newEmail(), first_name: 'Ada' });
      await pools.put(`/identity/${placedOf(id, pool)}`, { factors: [emailFactor(newEmail())] });
    });
    assert.equal(rows.audit.length, 2);
    assert.equal(rows.events.length, 2);
    for (const { subject_id } of [...rows.audit, ...rows.events]) assert.equal(subject_id, uuidOf(id));
    assert.ok(!JSON.stringify(rows).includes('@'));
  });
});

describe('R1: what a verification confirmed is locked', () => {
  const PERSON = { first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10', gender: 'female' };
  async function confirmed(fields: object = PERSON): Promise<Shown> {
    const { id, external_ref } = await api.createWith({ ...fields, email: newEmail() });
    await api.server.sql(
      `update identities set standing = standing || '{"confirmed": true}' where external_ref = $1::text`,
      [external_ref],
    );
    return api.identity(id);
  }

  test('name, birth date and gender are refused by name, all at once; equal values are no change', async () => {
    const before = await confirmed();
    for (const [field, value] of Object.entries({
      first_name: 'Augusta',
      last_name: 'King',
      date_of_birth: '1815-12-11',
      gender: 'x',
    })) {
      const changes = await api.changesOf(async () => {
        isRefused(await api.patch(before.id, { [field]: value }), field);
        isRefused(await api.patch(before.id, { [field]: value, city: 'London', country: 'GB' }), field);
      });
      assert.deepEqual(changes, { audit: [], events: [] });
    }
    isRefused(
      await api.patch(before.id, {
        first_name: 'A',
        last_name: 'B',
        date_of_birth: '1990-01-01',
        gender: 'x',
      }),
      ...['first_name', 'last_name', 'date_of_birth', 'gender'],
    );
    assert.deepEqual(await api.identity(before.id), before);
    assert.deepEqual(await api.update(before.id, PERSON), before);
    const { extracted_data } = await api.update(before.id, { ...PERSON, city: 'London', email: newEmail() });
    assert.deepEqual(extracted_data, { ...PERSON, address: { city: 'London' } });
  });

  test('everything else may change, the reference and status too', async () => {
    const { id } = await confirmed();
    const external_ref = newReference();
    const changed = await api.update(id, {
      ...{
        external_ref,
        status: 'rejected',
        country: 'DE',
        nationality: 'DE',
        ssn: '1',
        document_number: '2',
      },
      ...{ phone: '030 901820', email: newEmail(), address_line1: 'a', state: 'b', zip_code: 'c' },
    });
    assert.deepEqual([changed.external_ref, changed.status], [external_ref, 'rejected']);
    isRefused(await api.patch(id, { first_name: 'Augusta' }), 'first_name');
    detailsOf(await pools.put(`/identity/${placedOf(id, pool)}`, { factors: [emailFactor(newEmail())] }));
  });

  test('parts of a name that move between each other are a changed name', async () => {
    const { id } = await confirmed({ first_name: 'Ada Augusta', last_name: 'Lovelace' });
    isRefused(await api.patch(id, { first_name: 'Ada' }), 'first_name');
    isRefused(await api.patch(id, { first_name: 'Augusta', last_name: 'King' }), 'first_name', 'last_name');
  });

  test('a simulated approval confirms as a real one does, and a later rejection does not undo it', async () => {
    const key = api.sandboxKey;
    const { id, external_ref } = await api.createWith({ ...PERSON, email: newEmail() }, { key });
    for (const [action, status] of [
      ['approve', 'approved'],
      ['decline', 'rejected'],
    ]) {
      const session = await api.post('/sessions', { external_ref }, { key });
      assert.equal(session.status, 201, session.text);
      const decided = await api.post(`/sessions/${session.body.id}/simulate`, { action }, { key });
      assert.equal(decided.status, 200, decided.text);
      assert.equal((await api.identity(id, { key })).status, status);
      isRefused(await api.patch(id, { first_name: 'Augusta', city: 'London' }, { key }), 'first_name');
      await api.update(id, PERSON, { key });
    }
    await api.update(id, { status: 'pending', city: 'London' }, { key });
    isRefused(await api.patch(id, { date_of_birth: '1815-12-11' }, { key }), 'date_of_birth');
  });

  test('redacting a confirmed identity is allowed', async () => {
    const { id } = await confirmed();
    assert.equal((await api.delete(pathOf(id))).status, 200);
  });
});

describe('R9: foreign and missing look the same', () => {
  test('an identity of another pool of the same account', async () => {
    const { poolId } = await pools.createPool();
    const { id: placed } = await pools.createIdentity(poolId);
    const missing = await api.get(pathOf('nobody'));
    const reply = await api.get(pathOf(taggedOf(placed)));
    assertError(reply, 404, 'not_found');
    assert.equal(reply.text, missing.text);
    // Pools' own spelling of an id is no reference here.
    const { id } = await api.create();
    assertError(await api.get(pathOf(placedOf(id, pool))), 404, 'not_found');
    assertError(await api.get(pathOf(uuidOf(id))), 404, 'not_found');
  });
});
