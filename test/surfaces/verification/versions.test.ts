import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertError, pathOf, startVerification, type VerificationApi } from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const dated = (version: string, key?: string) => ({
  headers: { 'verifa-version': version },
  ...(key === undefined ? {} : { key }),
});

describe('200', () => {
  test('verification 37: the key’s version without a header, a later date, and what is no date', async () => {
    const { id } = await api.create();
    const { secret: pinned } = await api.server.createKey({ apiVersion: '2026-01-01' });
    const shown = await api.get(pathOf(id), { key: pinned });
    assert.equal(shown.status, 200);
    for (const version of ['2026-02-01', '2026-01-01', '2999-12-31', '']) {
      assert.deepEqual((await api.get(pathOf(id), dated(version))).body, shown.body);
    }
    for (const bad of [
      'soon',
      '2026',
      '2026-1-1',
      '2026-02-30',
      '2026-02-01T00:00:00Z',
      '20260201',
      '2026-02-01, 2026-01-01',
      '-1',
      '2025-12-31',
      '1999-01-01',
      '0000-00-00',
    ]) {
      assertError(await api.get(pathOf(id), dated(bad)), 400, 'bad_request');
      assertError(await api.get('/identities', dated(bad)), 400, 'bad_request');
    }
  });

  test('a version of the caller’s wins over the key’s own', async () => {
    const { id } = await api.create();
    // Before the first version, as a key of a newer installation may be.
    const { secret: early } = await api.server.createKey({ apiVersion: '2025-06-01' });
    assertError(await api.get(pathOf(id), { key: early }), 400, 'bad_request');
    assert.equal((await api.get(pathOf(id), dated('2026-01-01', early))).status, 200);
  });
});

test('400 before the grant is asked for, and after the key', async () => {
  const { id } = await api.create();
  const key = await api.keyWith('identities:read');
  assertError(await api.patch(id, {}, dated('soon', key)), 400, 'bad_request');
  assertError(await api.patch(id, {}, dated('soon', 'vk_live_x')), 401, 'unauthorized');
  assertError(await api.patch(id, {}, { key }), 403, 'forbidden');
});

test('a bad version writes nothing', async () => {
  const { id, extracted_data } = await api.create();
  const changes = await api.changesOf(async () => {
    assertError(await api.patch(id, { first_name: 'Ada' }, dated('soon')), 400, 'bad_request');
  });
  assert.deepEqual(changes, { audit: [], events: [] });
  assert.deepEqual((await api.identity(id)).extracted_data, extracted_data);
});
