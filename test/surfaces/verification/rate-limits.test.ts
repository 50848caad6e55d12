import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reply } from '../../harness/server.ts';
import { assertError, pathOf, startVerification, type VerificationApi } from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const headersOf = ({ headers }: Reply) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
/** To the beginning of the next minute. */
function toNextMinute(): void {
  const ms = api.clock.now().getTime();
  api.clock.advance((60_000 - (ms % 60_000)) / 1000);
}

describe('200', () => {
  test('each reply tells what is left of the minute', async () => {
    const { id } = await api.create();
    toNextMinute();
    const { secret: key } = await api.server.createKey({ requestsPerMinute: 5 });
    const reset = api.clock.now().getTime() / 1000 + 60;
    assert.deepEqual(headersOf(await api.get(pathOf(id), { key })), [5, 4, reset]);
    assert.deepEqual(headersOf(await api.patch(id, '{', { key })), [5, 3, reset]);
    assert.deepEqual(headersOf(await api.get(pathOf('nobody'), { key })), [5, 2, reset]);
    const asked = await api.get('/rate-limits', { key });
    assert.equal(asked.status, 200);
    assert.deepEqual(headersOf(asked), [5, 1, reset]);
    assert.deepEqual(asked.body.rate_limit, {
      limit: 5,
      remaining: 1,
      reset_in_seconds: 60,
      window_seconds: 60,
    });
    assert.equal(typeof asked.body.quotas, 'object');
    assert.equal(typeof asked.body.plan, 'string');
    api.clock.advance(25);
    const later = await api.get('/rate-limits', { key });
    assert.deepEqual(later.body.rate_limit, {
      limit: 5,
      remaining: 0,
      reset_in_seconds: 35,
      window_seconds: 60,
    });
  });

  test('a key with any grant may ask how it stands', async () => {
    const key = await api.keyWith('webhooks:read');
    assert.equal((await api.get('/rate-limits', { key })).status, 200);
  });
});

describe('429', () => {
  test('verification 52: the limit used up, and a new minute', async () => {
    const before = await api.create();
    toNextMinute();
    const { secret: key } = await api.server.createKey({ requestsPerMinute: 3 });
    for (let n = 0; n < 3; n += 1) assert.equal((await api.get(pathOf(before.id), { key })).status, 200);
    api.clock.advance(10);
    const changes = await api.changesOf(async () => {
      for (const reply of [
        await api.patch(before.id, { first_name: 'Ada' }, { key }),
        await api.get(pathOf(before.id), { key }),
        await api.get('/rate-limits', { key }),
      ]) {
        assertError(reply, 429, 'rate_limited');
        assert.equal(reply.headers.get('retry-after'), '50');
        assert.deepEqual(headersOf(reply).slice(0, 2), [3, 0]);
      }
    });
    assert.deepEqual(changes, { audit: [], events: [] });
    assert.deepEqual(await api.identity(before.id), before);
    api.clock.advance(49.999);
    const last = await api.get(pathOf(before.id), { key });
    assert.equal(last.headers.get('retry-after'), '1');
    api.clock.advance(0.001);
    assert.equal((await api.get(pathOf(before.id), { key })).status, 200);
  });

  test('the limit is told before a bad version, a missing grant and a broken body', async () => {
    const { id } = await api.create();
    toNextMinute();
    const { secret: key } = await api.server.createKey({ requestsPerMinute: 1, grants: ['identities:read'] });
    // A refused request counts.
    assertError(await api.patch(id, '{', { key }), 403, 'forbidden');
    const headers = { 'verifa-version': 'soon', 'key-inflection': 'shout' };
    assertError(await api.patch(id, '{', { key, headers }), 429, 'rate_limited');
  });

  test('keys of one pool are counted apart, and a bad key not at all', async () => {
    const { id } = await api.create();
    toNextMinute();
    const keys = await Promise.all([1, 2].map(() => api.server.createKey({ requestsPerMinute: 1 })));
    for (const { secret: key } of keys) assert.equal((await api.get(pathOf(id), { key })).status, 200);
    for (const { secret: key } of keys) assertError(await api.get(pathOf(id), { key }), 429, 'rate_limited');
    assertError(await api.get(pathOf(id), { key: 'vk_live_x' }), 401, 'unauthorized');
  });
});
