import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  UTC,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const post = (body: unknown) => api.post('/identities', body);

describe('201', () => {
  test('verification 38: a new reference makes a pending identity, and tells of it', async () => {
    const external_ref = newReference();
    let made: Shown;
    const { audit, events } = await api.changesOf(async () => {
      const reply = await post({ external_ref });
      assert.equal(reply.status, 201, reply.text);
      made = reply.body;
    });
    const { id, created_at, ...others } = made;
    assert.deepEqual(others, { external_ref, status: 'pending', is_sandbox: false, upserted: false });
    assert.match(created_at, UTC);
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['identity.created'],
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['identity.created'],
    );
    assert.deepEqual(await api.identity(external_ref), {
      ...{ id, external_ref, status: 'pending', is_sandbox: false, created_at, updated_at: created_at },
      ...{ session_count: 0, latest_session_id: null, latest_result_id: null, face_match_passed: null },
      ...{ age_check_passed: null, extracted_age: null, rejection_reason: null, country: null },
      ...{ extracted_data: {}, first_verified_at: null, last_verified_at: null, archived_at: null },
      ...{ identity_type_id: null, custom_fields: {}, tags: [] },
    });
  });

  test('a sandbox key makes sandbox identities', async () => {
    const made = await api.post('/identities', { external_ref: newReference() }, { key: api.sandboxKey });
    assert.equal(made.status, 201);
    assert.equal(made.body.is_sandbox, true);
  });

  test('an upsert of a new reference makes it', async () => {
    const made = await post({ external_ref: newReference(), upsert: true });
    assert.equal(made.status, 201);
    assert.equal(made.body.upserted, false);
  });

  test('a reference is trimmed, at most 255 characters long, and told apart by case', async () => {
    const base = newReference();
    const long = `${base}${'é'.repeat(255 - base.length)}`;
    for (const reference of [long, `${base}x`, `${base}X`, `${base} inner  space`]) {
      const made = await post({ external_ref: ` ${reference}\t` });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.body.external_ref, reference);
      assert.equal((await api.identity(reference)).id, made.body.id);
    }
    isRefused(await post({ external_ref: `${long}x` }), 'external_ref');
  });

  test('any characters of a reference find it again in a path', async () => {
    const tail = newReference();
    for (const head of [
      'a/b',
      'a%2Fb',
      '%',
      '%25',
      '?q=1&x',
      '#',
      'ä𝒳é',
      '+',
      'a b',
      '..',
      '.',
      '\\',
      '"',
      'idn_',
      'ünï/../x',
      ';v=1',
      '*',
      ':id',
      '{x}',
      'search/',
    ]) {
      const reference = `${head}${tail}`;
      const { id } = await api.create(reference);
      assert.equal((await api.identity(reference)).id, id, reference);
      assert.equal((await api.update(reference, { first_name: 'Ada' })).id, id);
      assert.deepEqual(await api.find({ external_ref: reference }), [id]);
      const lowered = pathOf(reference).replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
      assert.equal((await api.get(lowered)).body.id, id);
    }
  });

  test('an id goes before a reference that is spelt like it', async () => {
    const one = await api.create();
    const other = await api.create(one.id);
    assert.notEqual(other.id, one.id);
    assert.equal((await api.identity(one.id)).id, one.id);
    assert.deepEqual(await api.find({ external_ref: one.id }), [other.id]);
    // What looks like an id of nothing is a reference like any other.
    const like = `idn_0${'1'.repeat(25)}`;
    const third = await api.create(like);
    assert.equal((await api.identity(like)).id, third.id);
  });

  test('a reference that is spelt like a route is found like any other', async () => {
    for (const reference of ['search', 'merge', 'merge-multiple']) {
      const { id } = await api.create(reference);
      assert.equal((await api.identity(reference)).id, id);
      assert.equal((await api.update(reference, { first_name: 'Ada' })).id, id);
    }
  });

  test('personal data are not taken here', async () => {
    const made = await post({
      external_ref: newReference(),
      first_name: 'Ada',
      status: 'approved',
      country: 'DE',
    });
    assert.equal(made.status, 201);
    const shown = await api.identity(made.body.id);
    assert.deepEqual([shown.extracted_data, shown.status, shown.country], [{}, 'pending', null]);
  });
});

describe('409, or 200 with upsert', () => {
  test('verification 39: a taken reference is a conflict, and with upsert the one that has it', async () => {
    const { id, external_ref, created_at } = await api.createWith({ first_name: 'Ada', status: 'approved' });
    const changes = await api.changesOf(async () => {
      assertError(await post({ external_ref }), 409, 'conflict');
      assertError(await post({ external_ref: ` ${external_ref} `, upsert: false }), 409, 'conflict');
      const found = await post({ external_ref, upsert: true });
      assert.equal(found.status, 200);
      assert.deepEqual(found.body, {
        ...{ id, external_ref, status: 'approved', is_sandbox: false, created_at, upserted: true },
      });
    });
    assert.deepEqual(changes, { audit: [], events: [] });
  });

  test('what is archived or redacted holds its reference', async () => {
    for (const end of ['archive', 'redact']) {
      const { id, external_ref } = await api.create();
      const ended =
        end === 'archive' ? await api.post(`${pathOf(id)}/archive`) : await api.delete(pathOf(id));
      assert.equal(ended.status, 200);
      assertError(await post({ external_ref }), 409, 'conflict');
      const before = await api.identity(id);
      const found = await post({ external_ref, upsert: true });
      assert.equal(found.status, 200);
      assert.deepEqual([found.body.id, found.body.status], [id, before.status]);
      assert.deepEqual(await api.identity(id), before);
    }
  });

  test('of eight creates at once one makes it', async () => {
    for (const upsert of [false, true]) {
      const external_ref = newReference();
      const changes = await api.changesOf(async () => {
        const replies = await Promise.all(Array.from({ length: 8 }, () => post({ external_ref, upsert })));
        const statuses = replies.map(({ status }) => status).sort((a, b) => a - b);
        const others = Array.from({ length: 7 }, () => (upsert ? 200 : 409));
        assert.deepEqual(statuses, upsert ? [...others, 201] : [201, ...others]);
        const ids = replies.filter(({ status }) => status < 300).map(({ body }) => body.id);
        assert.equal(new Set(ids).size, 1);
      });
      assert.deepEqual([changes.audit.length, changes.events.length], [1, 1]);
    }
  });

  test('a create and a rename to one reference at once: one has it', async () => {
    const { id } = await api.create();
    const external_ref = newReference();
    const [made, renamed] = await Promise.all([post({ external_ref }), api.patch(id, { external_ref })]);
    const outcome = [made.status, renamed.status];
    assert.ok(['201,422', '409,200'].includes(outcome.join()), outcome.join());
    assert.equal((await api.identity(external_ref)).id, made.status === 201 ? made.body.id : id);
  });
});

describe('422', () => {
  test('a reference that is missing, empty, no text or too long; an upsert that is neither yes nor no', async () => {
    isRefused(await post({}), 'external_ref');
    for (const external_ref of [null, '', '  ', 7, [], {}, true, 'x'.repeat(256), 'a\u0000b', '\ud800']) {
      isRefused(await post({ external_ref }), 'external_ref');
    }
    for (const upsert of ['true', 1, null, [], {}]) {
      isRefused(await post({ external_ref: newReference(), upsert }), 'upsert');
    }
    isRefused(await post({ upsert: 'x' }), 'external_ref', 'upsert');
    isRefused(await post('[]'));
    assertError(await post('{'), 400, 'bad_request');
  });
});
