import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type Body, type IamApi, newEmail, startIam } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const open = { key: null } as const;
const LOGIN = { credentials: { password: { identifier: true } }, verification: { via: 'email' } };

function schemaOf(marks: Body | null, more: Body = {}): Body {
  const email = { type: 'string', format: 'email', ...(marks === null ? {} : { 'ory.sh/kratos': marks }) };
  const traits = { type: 'object', properties: { email, ...more }, additionalProperties: false };
  return { $id: 'https://example.org/person.json', type: 'object', properties: { traits } };
}

async function put(id: string, schema: unknown, more: Body = {}) {
  return api.put(`/admin/schemas/${id}`, { schema, ...more });
}

async function added(id: string, schema: unknown = schemaOf(LOGIN)): Promise<string> {
  const { status, text } = await put(id, schema);
  assert.equal(status, 200, text);
  return id;
}

suite('what everybody may read', () => {
  test('schemas are listed without a key at the root, /auth and /iam, each as it was given', async () => {
    const schema = schemaOf(LOGIN, { age: { type: 'integer', title: 'Alter', minimum: 0 } });
    await added('employee', schema);
    for (const path of ['/schemas', '/auth/schemas', '/iam/schemas']) {
      const { status, body, headers } = await api.get(path, open);
      assert.equal(status, 200);
      const ids = body.map(({ id }: { id: string }) => id);
      assert.deepEqual([ids, headers.get('x-total-count')], [['default', 'employee'], '2']);
      assert.deepEqual(body[1], { id: 'employee', schema });
    }
  });

  test('one is found by its id and by its id in base64url, at every mount, and at the address of its identities', async () => {
    const schema = schemaOf(LOGIN, { nick: { type: 'string' } });
    await added('plain.one', schema);
    const encoded = Buffer.from('plain.one').toString('base64url');
    for (const id of ['plain.one', encoded, `${encoded}=`.padEnd(12, '=')]) {
      for (const mount of ['', '/auth', '/iam']) {
        const reply = await api.get(`${mount}/schemas/${encodeURIComponent(id)}`, open);
        assert.deepEqual([reply.status, reply.body], [200, schema], `${mount} ${id}`);
      }
    }
    const { schema_url: url } = await api.create({ schema_id: 'plain.one' });
    assert.deepEqual(await (await fetch(url)).json(), schema);
  });

  test('what no schema is called is 404', async () => {
    for (const id of ['nope', 'bm9wZQ', '%00', '__proto__', 'toString'])
      assertError(await api.get(`/schemas/${id}`, open), 404);
  });

  test('each pool shows its own, by its prefix', async () => {
    await added('only-live');
    const { sandbox } = api.server.quickstart;
    const listed = await api.get(`/p/${sandbox.app_id}/schemas`, open);
    assert.ok(listed.body.every(({ id }: { id: string }) => id !== 'only-live'));
    assertError(await api.get(`/p/${sandbox.app_id}/schemas/only-live`, open), 404);
    const { schema_url: url } = await api.create({}, api.sandbox);
    assert.equal((await fetch(url)).status, 200);
    assert.ok(url.startsWith(`${api.server.url}/p/${sandbox.app_id}/schemas/`));
  });

  test('pages go by numbers and by tokens, with all four parameters in each link', async () => {
    for (const id of ['page-1', 'page-2', 'page-3']) await added(id);
    const all: string[] = (await api.get('/schemas', open)).body.map(({ id }: { id: string }) => id);
    const seen: string[] = [];
    let path = '/schemas?per_page=2&page=0';
    for (;;) {
      const reply = await api.get(path, open);
      assert.equal(reply.headers.get('x-total-count'), `${all.length}`);
      seen.push(...reply.body.map(({ id }: { id: string }) => id));
      const links = [...(reply.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)];
      for (const [, address = ''] of links) {
        const names = [...new URL(address).searchParams.keys()].sort();
        assert.deepEqual(names, ['page', 'page_size', 'page_token', 'per_page']);
      }
      const next = links.find(([, , relation]) => relation === 'next')?.[1];
      if (next === undefined) break;
      path = next.slice(api.server.url.length);
    }
    assert.deepEqual(seen, all);
    const idsAt = async (query: string) =>
      (await api.get(`/schemas?${query}`, open)).body.map(({ id }: { id: string }) => id);
    assert.deepEqual(await idsAt('page=1&per_page=1'), all.slice(1, 2));
    for (const query of ['page_token=garbage&page_size=1', 'page=-1&per_page=1', 'page=x&per_page=1'])
      assert.deepEqual(await idsAt(query), all.slice(0, 1), query);
    assert.deepEqual(await idsAt('page=900000000&per_page=900000000'), []);
    assert.deepEqual(await idsAt('per_page=0'), all);
  });
});

suite('administration', () => {
  test('a schema is added once, and replaced only when that is asked for', async () => {
    const first = schemaOf(LOGIN);
    await added('once', first);
    const second = schemaOf(LOGIN, { nick: { type: 'string' } });
    assertError(await put('once', second), 409, /There is a schema of this id/);
    assert.deepEqual((await api.get('/schemas/once', open)).body, first);
    const replaced = await put('once', second, { replace: true });
    assert.deepEqual([replaced.status, replaced.body.schema, replaced.body.is_default], [200, second, false]);
    assert.deepEqual((await api.get('/schemas/once', open)).body, second);
  });

  test('what is there already is nothing: no audit entry, no version', async () => {
    await added('same');
    const entries = () => api.server.sql(`select id from audit_entries where 'schemas.same' = any(fields)`);
    assert.equal((await entries()).length, 1);
    const { properties, ...rest } = schemaOf(LOGIN);
    await added('same', { properties, ...rest });
    await put('same', schemaOf(LOGIN), { replace: true });
    assert.equal((await entries()).length, 1);
  });

  test('every problem of a broken schema comes at once, and nothing is kept', async () => {
    const broken = schemaOf({ credentials: { pasword: { identifier: true } } }, { age: { type: 'whole' } });
    assertError(await put('broken', { type: 'object' }), 400, /properties\.traits/);
    assertError(await put('broken', broken), 400, /schema\.properties\.traits/);
    const two = schemaOf(LOGIN, {
      a: { type: 'string', format: 'nope' },
      b: { type: 'string', pattern: '(a+)+\\1' },
    });
    const reply = await put('broken', two);
    assertError(reply, 400, /properties\.a\.format/);
    assert.match(reply.body.error.reason, /properties\.b\.pattern/);
    for (const text of ['\u0000', '\ud800'])
      assertError(await put('broken', schemaOf(LOGIN, { a: { type: 'string', title: text } })), 400);
    assertError(await api.get('/schemas/broken', open), 404);
  });

  test('an id is short and plain, and finds one schema only', async () => {
    for (const id of ['.hidden', 'a b', 'x'.repeat(65), 'ä', '%2e%2e%2fx'])
      assertError(await put(id, schemaOf(LOGIN)), 400, /^id/);
    await added('alias');
    assertError(await put(Buffer.from('alias').toString('base64url'), schemaOf(LOGIN)), 409);
  });

  test('the default is who names no schema; the one that was stays what identities are of', async () => {
    await added('staff', schemaOf(LOGIN, { room: { type: 'string' } }));
    const before = await api.create({ schema_id: '', traits: { email: newEmail() } });
    const made = await api.put('/admin/schemas/staff/default');
    assert.deepEqual([made.status, made.body.is_default], [200, true]);
    const after = await api.create({ schema_id: '', traits: { email: newEmail(), room: '7' } });
    assert.deepEqual([before.schema_id, after.schema_id], ['default', 'staff']);
    assert.equal((await api.identity(before.id)).schema_id, 'default');
    const kept = await api.get('/admin/schemas');
    const defaults = kept.body.filter(({ is_default: isDefault }: { is_default: boolean }) => isDefault);
    assert.deepEqual(
      defaults.map(({ id }: { id: string }) => id),
      ['staff'],
    );
    assertError(await api.put('/admin/schemas/nope/default'), 404);
    assert.equal((await api.put('/admin/schemas/default/default')).status, 200);
  });

  test('one that somebody is of, the default, and the one called default are not removed', async () => {
    await added('used');
    const { id } = await api.create({ schema_id: 'used' });
    assertError(await api.delete('/admin/schemas/used'), 409, /identities of this schema/);
    assertError(await api.delete('/admin/schemas/default'), 409, /replaced, not removed/);
    await added('unused');
    await api.put('/admin/schemas/unused/default');
    assertError(await api.delete('/admin/schemas/unused'), 409, /default schema/);
    await api.put('/admin/schemas/default/default');
    assert.equal((await api.delete('/admin/schemas/unused')).status, 204);
    assertError(await api.get('/schemas/unused', open), 404);
    assertError(await api.delete('/admin/schemas/unused'), 404);
    await api.delete(`/admin/identities/${id}`);
  });

  test('a schema that goes while identities of it are made goes before them, or not at all', async () => {
    for (let round = 0; round < 8; round += 1) {
      const id = await added(`race-${round}`);
      const making = () => api.post('/admin/identities', { schema_id: id, traits: { email: newEmail() } });
      const [removed, ...made] = await Promise.all([
        api.delete(`/admin/schemas/${id}`),
        ...Array.from({ length: 4 }, making),
      ]);
      const statuses = made.map(({ status }) => status);
      assert.ok(
        statuses.every((status) => status === 201 || status === 400),
        `${statuses}`,
      );
      assert.equal(removed.status, statuses.includes(201) ? 409 : 204, `${statuses}`);
    }
  });

  test('a key without schemas:write changes nothing; one of another pool another pool', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'identities:write'] });
    const body = { schema: schemaOf(LOGIN) };
    assertError(await api.put('/admin/schemas/denied', body, { key }), 403);
    assertError(await api.put('/admin/schemas/default/default', undefined, { key }), 403);
    assertError(await api.delete('/admin/schemas/default', { key }), 403);
    assert.equal((await api.get('/admin/schemas', { key })).status, 200);
    assert.equal((await api.put('/admin/schemas/elsewhere', body, api.sandbox)).status, 200);
    assertError(await api.get('/schemas/elsewhere', open), 404);
  });

  test('of many that add at once each finds its place, and at most 64 are there', async () => {
    const { body } = await api.get('/admin/schemas', api.sandbox);
    const names = Array.from({ length: 66 - body.length }, (_, index) => `many-${index}`);
    const replies = await Promise.all(
      names.map((id) => api.put(`/iam/schemas/${id}`, { schema: schemaOf(LOGIN) }, api.sandbox)),
    );
    const statuses = replies.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...names.slice(2).map(() => 200), 409, 409]);
    assert.equal((await api.get('/admin/schemas', api.sandbox)).body.length, 64);
  });
});

suite('a schema that is replaced', () => {
  test('iam 78 leaves identities what they have until their next change, which takes an identifier away', async () => {
    await added('before');
    await added('still');
    const email = newEmail();
    const { id } = await api.create({ schema_id: 'before', traits: { email } });
    await put('before', schemaOf(null), { replace: true });
    assertError(await api.post('/admin/identities', { schema_id: 'still', traits: { email } }), 409);
    const changed = await api.put(`/admin/identities/${id}`, {
      ...{ schema_id: 'before', state: 'active', traits: { email } },
    });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.body.verifiable_addresses, changed.body.traits], [undefined, { email }]);
    await api.create({ schema_id: 'still', traits: { email } });
  });

  test('refuses what it does not allow at the next change, and not before', async () => {
    await added('wide', schemaOf(LOGIN, { nick: { type: 'string' } }));
    const traits = { email: newEmail(), nick: 'Nick' };
    const { id } = await api.create({ schema_id: 'wide', traits });
    await put('wide', schemaOf(LOGIN), { replace: true });
    assert.deepEqual((await api.identity(id)).traits, traits);
    const body = { schema_id: 'wide', state: 'active' };
    const { email } = traits;
    const other = { email, nick: 'Nicky' };
    assertError(await api.put(`/admin/identities/${id}`, { ...body, traits: other }), 400, /traits/);
    assert.equal((await api.put(`/admin/identities/${id}`, { ...body, traits: { email } })).status, 200);
  });
});
