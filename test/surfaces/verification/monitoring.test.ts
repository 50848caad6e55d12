import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
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

const act = (reference: string, action: string, headers: Record<string, string> = {}) =>
  api.post(`${pathOf(reference)}/${action}`, undefined, { headers });
const matches = (reference: string, query = '') => api.get(`${pathOf(reference)}/image-matches${query}`);

describe('monitoring', () => {
  test('is paused and resumed, each once', async () => {
    const { id, external_ref } = await api.create();
    isRefused(await act(id, 'resume-monitoring'));
    const { audit, events } = await api.changesOf(async () => {
      assert.deepEqual((await act(external_ref, 'pause-monitoring')).body, {
        id,
        monitoring_status: 'paused',
      });
      isRefused(await act(id, 'pause-monitoring'));
      assert.deepEqual((await act(id, 'resume-monitoring')).body, { id, monitoring_status: 'active' });
      isRefused(await act(id, 'resume-monitoring'));
    });
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['identity.monitoring_paused', 'identity.monitoring_resumed'],
    );
    assert.deepEqual(
      events.map(({ type, fields }) => [type, fields]),
      Array(2).fill(['identity.updated', ['monitoring_status']]),
    );
  });

  test('a pause by hand survives archive and restore', async () => {
    const { id } = await api.create();
    await act(id, 'pause-monitoring');
    await act(id, 'archive');
    await act(id, 'restore');
    isRefused(await act(id, 'pause-monitoring'));
    assert.equal((await act(id, 'resume-monitoring')).body.monitoring_status, 'active');
  });

  test('an archived identity is paused, and resumes with its restore unless it was paused by hand', async () => {
    const { id } = await api.create();
    await act(id, 'archive');
    isRefused(await act(id, 'resume-monitoring'));
    assert.equal((await act(id, 'pause-monitoring')).body.monitoring_status, 'paused');
    assert.equal((await act(id, 'resume-monitoring')).body.monitoring_status, 'paused');
    await act(id, 'restore');
    assert.equal((await act(id, 'pause-monitoring')).status, 200);
  });

  test('pausing is idempotent by key', async () => {
    const { id } = await api.create();
    const headers = { 'idempotency-key': newReference() };
    const first = await act(id, 'pause-monitoring', headers);
    await act(id, 'resume-monitoring');
    const again = await act(id, 'pause-monitoring', headers);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    isRefused(await act(id, 'resume-monitoring'));
  });

  test('redacted, unknown and foreign ones, and no scope', async () => {
    const { id } = await api.create();
    const reader = await api.keyWith('identities:read');
    for (const action of ['pause-monitoring', 'resume-monitoring']) {
      const path = `${pathOf(id)}/${action}`;
      assertError(await act(unknownIdentityId(), action), 404, 'not_found');
      assertError(await api.post(path, undefined, { key: api.sandboxKey }), 404, 'not_found');
      assertError(await api.post(path, undefined, { key: reader }), 403, 'forbidden');
    }
    await api.delete(pathOf(id));
    for (const action of ['pause-monitoring', 'resume-monitoring']) isRefused(await act(id, action));
  });
});

describe('image matches', () => {
  test('nothing is found, since nothing looks', async () => {
    const { id, external_ref } = await api.create();
    assert.deepEqual((await matches(id)).body, { data: [] });
    const query = '?threshold=0.1&source_type=document_front&limit=100';
    assert.deepEqual((await matches(external_ref, query)).body, { data: [] });
    assert.equal((await matches(id, '?threshold=1.0')).status, 200);
  });

  test('what is asked is checked', async () => {
    const { id } = await api.create();
    for (const threshold of ['0.09', '1.1', 'x', '', '1e0', '-1', 'NaN']) {
      isRefused(await matches(id, `?threshold=${threshold}`), 'threshold');
    }
    isRefused(await matches(id, '?source_type=passport&limit=0'), 'source_type', 'limit');
    assertError(await matches(unknownIdentityId()), 404, 'not_found');
  });
});
