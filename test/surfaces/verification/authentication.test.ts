import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reply } from '../../harness/server.ts';
import {
  assertError,
  newReference,
  pathOf,
  startVerification,
  unknownIdentityId,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

type Calling = (reference: string, key: string | null) => Promise<Reply>;
const with_ = (key: string | null) => ({ key });
/** Every route about one identity, with a body that is good. */
const ABOUT_ONE: Readonly<Record<string, Calling>> = {
  get: (id, key) => api.get(pathOf(id), with_(key)),
  update: (id, key) => api.patch(id, { first_name: 'Ada' }, with_(key)),
  redact: (id, key) => api.delete(pathOf(id), with_(key)),
  archive: (id, key) => api.post(`${pathOf(id)}/archive`, undefined, with_(key)),
  restore: (id, key) => api.post(`${pathOf(id)}/restore`, undefined, with_(key)),
  addTag: (id, key) => api.post(`${pathOf(id)}/add-tag`, { tag: 'a' }, with_(key)),
  removeTag: (id, key) => api.post(`${pathOf(id)}/remove-tag`, { tag: 'a' }, with_(key)),
  setTags: (id, key) => api.post(`${pathOf(id)}/set-tags`, { tags: ['a'] }, with_(key)),
};
const OF_ALL: Readonly<Record<string, Calling>> = {
  list: (_id, key) => api.get('/identities', with_(key)),
  search: (_id, key) => api.post('/identities/search', { status: 'pending' }, with_(key)),
  create: (id, key) => api.post('/identities', { external_ref: id }, with_(key)),
};

describe('401', () => {
  test('verification 1: no key, on any route', async () => {
    const { id } = await api.create();
    const changes = await api.changesOf(async () => {
      for (const call of Object.values({ ...ABOUT_ONE, ...OF_ALL })) {
        assertError(await call(id, null), 401, 'unauthorized');
      }
      assertError(await api.get('/rate-limits', { key: null }), 401, 'unauthorized');
    });
    assert.deepEqual(changes, { audit: [], events: [] });
  });

  test('verification 2: an unknown key, which learns nothing of the object', async () => {
    const { id } = await api.create();
    const key = `vk_live_${'0'.repeat(58)}`;
    for (const bad of [key, 'x', api.key.replace('vk_live_', 'vk_sandbox_'), `${api.key}0`]) {
      for (const call of Object.values(ABOUT_ONE)) {
        const [there, missing] = [await call(id, bad), await call(unknownIdentityId(), bad)];
        assertError(there, 401, 'unauthorized');
        assert.equal(there.text, missing.text);
      }
    }
    // Nor whether the body is one.
    assertError(await api.patch(id, '{', { key }), 401, 'unauthorized');
  });

  test('a key that is revoked, suspended or expired', async () => {
    const { id } = await api.create();
    const [revoked, suspended] = [await api.server.createKey(), await api.server.createKey()];
    const expiresAt = new Date(api.clock.now().getTime() + 10_000);
    const expired = await api.server.createKey({ expiresAt });
    const keys = [revoked, suspended, expired].map(({ secret }) => secret);
    for (const key of keys) assert.equal((await api.get(pathOf(id), { key })).status, 200);
    await api.server.changeKey(revoked.id, 'revoke');
    await api.server.changeKey(suspended.id, 'suspend');
    api.clock.advance(11);
    for (const key of keys) assertError(await api.get(pathOf(id), { key }), 401, 'unauthorized');
  });
});

describe('403', () => {
  test('verification 3: a key with the default grants may read and not write', async () => {
    const before = await api.create();
    const key = await api.keyWith(
      ...(['sessions:read', 'sessions:create', 'sessions:write', 'verifications:read'] as const),
      'identities:read',
    );
    const changes = await api.changesOf(async () => {
      for (const [name, call] of Object.entries(ABOUT_ONE)) {
        if (name !== 'get') assertError(await call(before.id, key), 403, 'forbidden');
      }
      assertError(await api.post('/identities', { external_ref: newReference() }, { key }), 403, 'forbidden');
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(before.id, { key }), before);
    assert.equal((await api.get('/identities', { key })).status, 200);
    assert.deepEqual(await api.find({ external_ref: before.external_ref }, { key }), [before.id]);
  });

  test('a key that writes without reading reads nothing by GET, list or search', async () => {
    const { id } = await api.create();
    const key = await api.keyWith('identities:write');
    assertError(await api.get(pathOf(id), { key }), 403, 'forbidden');
    assertError(await api.get('/identities', { key }), 403, 'forbidden');
    assertError(await api.post('/identities/search', { country: 'DE' }, { key }), 403, 'forbidden');
    assert.equal((await api.patch(id, { first_name: 'Ada' }, { key })).status, 200);
  });

  test('verification 48: redact:write erases and does nothing else', async () => {
    const { id } = await api.create();
    const key = await api.keyWith('redact:write');
    for (const [name, call] of Object.entries({ ...ABOUT_ONE, ...OF_ALL })) {
      if (name !== 'redact') assertError(await call(id, key), 403, 'forbidden');
    }
    assert.equal((await api.delete(pathOf(id), { key })).status, 200);
    assertError(await api.patch(id, { first_name: 'Ada' }, { key }), 403, 'forbidden');
  });

  test('a publishable key, on every route of identities', async () => {
    const { id } = await api.create();
    for (const call of Object.values({ ...ABOUT_ONE, ...OF_ALL })) {
      const { secret } = await api.server.createKey({ kind: 'publishable' });
      assertError(await call(id, secret), 403, 'forbidden');
    }
  });

  test('an address that the key does not allow', async () => {
    const { id } = await api.create();
    const { secret: key } = await api.server.createKey({ allowedAddresses: ['203.0.113.0/24'] });
    const reply = await api.patch(id, { first_name: 'Ada' }, { key });
    assertError(reply, 403, 'forbidden');
    const { secret: here } = await api.server.createKey({ allowedAddresses: ['127.0.0.0/8'] });
    assert.equal((await api.patch(id, { first_name: 'Ada' }, { key: here })).status, 200);
  });
});

describe('404', () => {
  test('verification 4: another environment’s identity, word for word as nothing', async () => {
    const before = await api.createWith({ first_name: 'Ada' });
    const sandbox = await api.create(newReference(), { key: api.sandboxKey });
    assert.equal(sandbox.is_sandbox, true);
    assert.equal(before.is_sandbox, false);
    for (const [name, call] of Object.entries(ABOUT_ONE)) {
      const missing = await call(unknownIdentityId(), api.sandboxKey);
      for (const reference of [before.id, before.external_ref]) {
        const reply = await call(reference, api.sandboxKey);
        assertError(reply, 404, 'not_found');
        assert.equal(reply.text, missing.text, name);
      }
      assertError(await call(sandbox.id, api.key), 404, 'not_found');
    }
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('verification 5: another account’s identity', async () => {
    const before = await api.createWith({ first_name: 'Ada' });
    const { key } = await api.otherAccount();
    for (const call of Object.values(ABOUT_ONE)) {
      const missing = await call(unknownIdentityId(), key);
      for (const reference of [before.id, before.external_ref]) {
        const reply = await call(reference, key);
        assertError(reply, 404, 'not_found');
        assert.equal(reply.text, missing.text);
      }
    }
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('lists and searches of another account or environment show nothing of it', async () => {
    const { id, external_ref } = await api.createWith({ country: 'DE' });
    const { key: other } = await api.otherAccount();
    for (const key of [other, api.sandboxKey]) {
      const list = await api.get('/identities?limit=100', { key });
      assert.ok(!list.text.includes(id));
      assert.deepEqual(await api.find({ external_ref }, { key }), []);
      const { data } = (await api.post('/identities/search', { country: 'DE' }, { key })).body;
      assert.ok(!data.some((item: { id: string }) => item.id === id));
      // The cursor of somebody else's is a place in the order, and shows nothing either.
      const after = await api.get(`/identities?page[after]=${id}`, { key });
      assert.equal(after.status, 200);
      assert.ok(!after.text.includes(id));
    }
  });

  test('one reference may be in both environments, and in two accounts', async () => {
    const reference = newReference();
    const { key } = await api.otherAccount();
    const ids = await Promise.all(
      [api.key, api.sandboxKey, key].map(async (one) => (await api.create(reference, { key: one })).id),
    );
    assert.equal(new Set(ids).size, 3);
    for (const [index, one] of [api.key, api.sandboxKey, key].entries())
      assert.equal((await api.identity(reference, { key: one })).id, ids[index]);
  });
});

describe('order of checks', () => {
  test('key, version, spelling, grant, body, idempotency, fields, object, state', async () => {
    const { id } = await api.create();
    const reader = await api.keyWith('identities:read');
    const headers = { 'verifa-version': 'soon', 'key-inflection': 'shout' };
    assertError(await api.patch(id, '{', { key: 'vk_live_x', headers }), 401, 'unauthorized');
    assertError(await api.patch(id, '{', { key: reader, headers }), 400, 'bad_request');
    const shout = { 'key-inflection': 'shout' };
    assertError(await api.patch(id, '{', { key: reader, headers: shout }), 422, 'validation_error');
    assertError(await api.patch(id, '{', { key: reader }), 403, 'forbidden');
    const long = { 'idempotency-key': 'k'.repeat(256) };
    assertError(await api.patch(id, '{', { headers: long }), 400, 'bad_request');
    assertError(await api.patch(id, {}, { headers: long }), 422, 'validation_error', 'Idempotency-Key');

    const keyed = { 'idempotency-key': newReference() };
    assert.equal((await api.patch(id, { first_name: 'Ada' }, { headers: keyed })).status, 200);
    const mismatch = await api.patch(id, { first_name: '' }, { headers: keyed });
    assertError(mismatch, 422, 'idempotency_mismatch');
    const elsewhere = await api.patch(unknownIdentityId(), { first_name: 'Ada' }, { headers: keyed });
    assertError(elsewhere, 422, 'idempotency_mismatch');
    assertError(await api.patch(unknownIdentityId(), { email: 'x' }), 422, 'validation_error', 'email');
    assert.equal((await api.delete(pathOf(id))).status, 200);
    assertError(await api.patch(id, { email: 'x' }), 422, 'validation_error', 'email');
  });
});
