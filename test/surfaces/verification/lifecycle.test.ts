import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
  newEmail,
  pathOf,
  startVerification,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const act = (id: string, action: string) => api.post(`${pathOf(id)}/${action}`);
const EVERYTHING = {
  ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10', address_line1: '1 Square' },
  ...{ city: 'London', state: 'London', zip_code: 'SW1', document_number: 'X1', ssn: '1-2-3', country: 'GB' },
  ...{ nationality: 'GB', gender: 'female', phone: '+44 20 7946 0018', status: 'approved' },
};

describe('archive and restore', () => {
  test('an archived identity keeps its status; restoring shows it whole again', async () => {
    const before = await api.createWith(EVERYTHING);
    api.clock.advance(5);
    const at = api.clock.now().toISOString();
    const gained = await api.changesOf(async () => {
      const archived = await act(before.external_ref, 'archive');
      assert.equal(archived.status, 200);
      assert.deepEqual(archived.body, { id: before.id, status: 'approved', archived_at: at });
    });
    assert.deepEqual(
      gained.events.map(({ type }) => type),
      ['identity.archived'],
    );
    assert.equal(gained.audit.length, 1);
    assert.deepEqual(await api.identity(before.id), { ...before, archived_at: at, updated_at: at });
    api.clock.advance(5);
    const later = api.clock.now().toISOString();
    const regained = await api.changesOf(async () => {
      const restored = await act(before.id, 'restore');
      assert.equal(restored.status, 200);
      assert.deepEqual(restored.body, { ...before, updated_at: later });
    });
    assert.deepEqual(
      regained.events.map(({ type }) => type),
      ['identity.restored'],
    );
    assert.equal(regained.audit.length, 1);
    assert.deepEqual(await api.identity(before.id), { ...before, updated_at: later });
  });

  test('archived twice, or restored without need, is refused', async () => {
    const { id } = await api.create();
    isRefused(await act(id, 'restore'));
    assert.equal((await act(id, 'archive')).status, 200);
    const before = await api.identity(id);
    const changes = await api.changesOf(async () => isRefused(await act(id, 'archive')));
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(id), before);
    assert.equal((await act(id, 'restore')).status, 200);
    isRefused(await act(id, 'restore'));
  });

  test('of two archivings at once one succeeds', async () => {
    const { id } = await api.create();
    const changes = await api.changesOf(async () => {
      const replies = await Promise.all([1, 2, 3, 4].map(() => act(id, 'archive')));
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422, 422, 422]);
    });
    assert.equal(changes.events.length, 1);
  });

  test('a body is not looked at', async () => {
    const { id } = await api.create();
    assert.equal((await api.post(`${pathOf(id)}/archive`, '{')).status, 200);
    assert.equal((await api.post(`${pathOf(id)}/restore`, '[]')).status, 200);
  });

  test('a merged identity is neither archived nor restored, and may be redacted', async () => {
    const { id, external_ref } = await api.create();
    await api.server.sql(
      `update identities set standing = standing || '{"status": "merged"}' where external_ref = $1::text`,
      [external_ref],
    );
    isRefused(await act(id, 'archive'));
    isRefused(await act(id, 'restore'));
    isRefused(await api.post(`${pathOf(id)}/add-tag`, { tag: 'a' }));
    assert.equal((await api.delete(pathOf(id))).status, 200);
    assert.equal((await api.identity(id)).status, 'redacted');
  });
});

describe('redact', () => {
  test('verification 45: personal data go, structure stays, and it is told', async () => {
    const email = newEmail();
    const before = await api.createWith({ ...EVERYTHING, email });
    await api.post(`${pathOf(before.id)}/set-tags`, { tags: ['vip', 'Lovelace'] });
    const uuid = uuidOf(before.id);
    api.clock.advance(5);
    const gained = await api.changesOf(async () => {
      const reply = await api.delete(pathOf(before.external_ref));
      assert.equal(reply.status, 200);
      assert.equal(reply.body.id, before.id);
      assert.equal(reply.body.status, 'redacted');
      assert.ok(reply.body.message.length > 0);
    });
    assert.deepEqual(
      gained.events.map(({ type, fields }) => [type, fields]),
      [['identity.updated', ['status']]],
    );
    assert.equal(gained.audit.length, 1);
    assert.deepEqual(await api.identity(before.id), {
      ...before,
      ...{ status: 'redacted', country: null, extracted_data: {}, tags: [], custom_fields: {} },
      updated_at: api.clock.now().toISOString(),
    });
    assert.equal((await api.identity(before.external_ref)).id, before.id);
    const [row] = await api.server.sql<{ profile: unknown; seen: unknown }>(
      'select profile, seen from identities where id = $1::uuid',
      [uuid],
    );
    assert.deepEqual(row, { profile: null, seen: null });
    for (const table of ['identity_keys', 'search_keys']) {
      const rows = await api.server.sql(`select 1 as one from ${table} where identity_id = $1::uuid`, [uuid]);
      assert.deepEqual(rows, [], table);
    }
    const claims = await api.server.sql<{ space: string }>(
      'select space from identifiers where identity_id = $1::uuid',
      [uuid],
    );
    assert.deepEqual(claims, [{ space: 'external_ref' }]);
  });

  test('verification 47: nothing more is done to it', async () => {
    const { id } = await api.createWith(EVERYTHING);
    assert.equal((await api.delete(pathOf(id))).status, 200);
    const before = await api.identity(id);
    const changes = await api.changesOf(async () => {
      isRefused(await act(id, 'archive'));
      isRefused(await act(id, 'restore'));
      isRefused(await api.post(`${pathOf(id)}/add-tag`, { tag: 'a' }));
      isRefused(await api.post(`${pathOf(id)}/remove-tag`, { tag: 'a' }));
      isRefused(await api.post(`${pathOf(id)}/set-tags`, { tags: [] }));
      isRefused(await api.delete(pathOf(id)));
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(id), before);
  });

  test('an archived identity is redacted, and shows when it was archived', async () => {
    const { id } = await api.createWith(EVERYTHING);
    const { body } = await act(id, 'archive');
    assert.equal((await api.delete(pathOf(id))).status, 200);
    const shown = await api.identity(id);
    assert.deepEqual(
      [shown.status, shown.archived_at, shown.extracted_data],
      ['redacted', body.archived_at, {}],
    );
    isRefused(await act(id, 'restore'));
  });

  test('a redaction and a change at once leave nothing behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await api.createWith(EVERYTHING);
      const [redacted, changed, tagged] = await Promise.all([
        api.delete(pathOf(id)),
        api.patch(id, { first_name: 'Augusta', email: newEmail() }),
        api.post(`${pathOf(id)}/add-tag`, { tag: 'late' }),
      ]);
      assert.equal(redacted.status, 200);
      assert.ok([200, 422].includes(changed.status) && [200, 422].includes(tagged.status));
      const shown = await api.identity(id);
      assert.deepEqual([shown.status, shown.extracted_data, shown.tags], ['redacted', {}, []]);
      const keys = await api.server.sql('select 1 as one from search_keys where identity_id = $1::uuid', [
        uuidOf(id),
      ]);
      assert.deepEqual(keys, []);
    }
  });

  test('404 for an identity of nobody', async () => {
    for (const id of [unknownIdentityId(), 'nobody']) {
      assertError(await api.delete(pathOf(id)), 404, 'not_found');
      assertError(await act(id, 'archive'), 404, 'not_found');
      assertError(await act(id, 'restore'), 404, 'not_found');
    }
  });
});
