import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  emailFactor,
  type Json,
  newEmail,
  type PoolsApi,
  startPools,
} from '../../harness/pools.ts';

let api: PoolsApi;
let pool: string;
before(async () => {
  api = await startPools();
  pool = (await api.createPool()).poolId;
});
after(() => api.close());

let counter = 0;
function newKey(): string {
  counter += 1;
  return `key-${counter}`;
}
const body = (email = newEmail()): Json => ({ pool_id: pool, factors: [emailFactor(email)] });
const withHeader = (key: string) => ({ headers: { 'idempotency-key': key } });
const count = async () => (await api.get(`/identity?pool_id=${pool}`)).body.pagination.item_count;

describe('200', () => {
  test('a create that is sent again replays the first reply and makes nothing', async () => {
    const [key, sent] = [newKey(), body()];
    const first = await api.post('/identity', { ...sent, idempotency_key: key });
    detailsOf(first);
    const before = await count();
    const changes = await api.changesOf(async () => {
      for (const again of [
        await api.post('/identity', { ...sent, idempotency_key: key }),
        await api.post('/identity', sent, withHeader(key)),
        await api.post('/identity', { details: sent, idempotency_key: key }),
        await api.post('/identity', {
          idempotency_key: key,
          ...Object.fromEntries(Object.entries(sent).reverse()),
        }),
        await api.post('/identity', { ...sent, idempotency_key: key }, withHeader(key)),
      ]) {
        assert.equal(again.status, 200);
        assert.deepEqual(again.body, first.body);
      }
    });
    assert.deepEqual(changes, []);
    assert.equal(await count(), before);
  });

  test('the first reply is replayed also after what it made has changed or gone', async () => {
    const [key, sent] = [newKey(), body()];
    const first = await api.post('/identity', sent, withHeader(key));
    const { id } = detailsOf(first);
    detailsOf(await api.put(`/identity/${id}`, { metadata: { a: 'b' } }));
    assert.deepEqual((await api.post('/identity', sent, withHeader(key))).body, first.body);
    detailsOf(await api.delete(`/identity/${id}`));
    assert.deepEqual((await api.post('/identity', sent, withHeader(key))).body, first.body);
  });

  test('after 24 hours the key is free', async () => {
    const [key, sent] = [newKey(), body()];
    const { id } = detailsOf(await api.post('/identity', sent, withHeader(key)));
    api.clock.advance(24 * 3600 - 1);
    assert.equal(detailsOf(await api.post('/identity', sent, withHeader(key))).id, id);
    api.clock.advance(1);
    assertError(await api.post('/identity', sent, withHeader(key)), 422, 'invalid_value', 'factors[0].value');
    const other = detailsOf(await api.post('/identity', body(), withHeader(key)));
    assert.notEqual(other.id, id);
  });

  test('of many at once with one key one is made, and all get its reply', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [key, sent, before] = [newKey(), body(), await count()];
      const replies = await Promise.all(
        Array.from({ length: 6 }, () => api.post('/identity', sent, withHeader(key))),
      );
      const [first] = replies;
      for (const reply of replies) assert.deepEqual(detailsOf(reply), detailsOf(first ?? assert.fail()));
      assert.equal(await count(), before + 1);
    }
  });

  test('the same for domains, rulesets and pools', async () => {
    const { accountId, domainId, rulesetId } = api.account;
    for (const [path, sent] of [
      ['/domain', { account_id: accountId, title: 'D' }],
      ['/ruleset', { domain_id: domainId, title: 'R', factors: [] }],
      ['/pool', { domain_id: domainId, ruleset_id: rulesetId, title: 'P' }],
    ] as const) {
      const key = newKey();
      const changes = await api.changesOf(async () => {
        const replies = await Promise.all(
          Array.from({ length: 4 }, () => api.post(path, sent, withHeader(key))),
        );
        const again = await api.post(path, { details: sent, idempotency_key: key });
        for (const reply of replies) assert.deepEqual(detailsOf(reply), detailsOf(again));
      });
      assert.equal(changes.length, 1, path);
      const other = await api.post(path, { ...sent, title: 'Other' }, withHeader(key));
      assertError(other, 422, 'invalid_value', 'idempotency_key');
    }
  });

  test('keys belong to an operation and to an API key', async () => {
    const key = newKey();
    const sent = { account_id: api.account.accountId, title: 'D' };
    const { id } = detailsOf(await api.post('/domain', sent, withHeader(key)));
    detailsOf(await api.post('/identity', body(), withHeader(key)));
    const { secret } = await api.server.createKey();
    assert.notEqual(detailsOf(await api.post('/domain', sent, { ...withHeader(key), key: secret })).id, id);
  });

  test('a request that was refused leaves its key free', async () => {
    const [key, sent] = [newKey(), body()];
    assertError(
      await api.post('/identity', { ...sent, factors: [] }, withHeader(key)),
      422,
      'required_value',
    );
    detailsOf(await api.post('/identity', sent, withHeader(key)));
  });

  test('without a key each create is one of its own, and a null is none', async () => {
    const { accountId } = api.account;
    const make = async (more: Json = {}) =>
      detailsOf(await api.post('/domain', { account_id: accountId, title: 'D', ...more })).id;
    assert.notEqual(await make(), await make());
    assert.notEqual(await make({ idempotency_key: null }), await make({ idempotency_key: null }));
  });
});

describe('422', () => {
  test('the same key with another body is refused at idempotency_key, and makes nothing', async () => {
    const [key, email] = [newKey(), newEmail()];
    detailsOf(await api.post('/identity', body(email), withHeader(key)));
    const { poolId } = await api.createPool();
    const before = await count();
    for (const other of [
      body(),
      { ...body(email), metadata: {} },
      { ...body(email), whatever: 1 },
      { ...body(email), pool_id: poolId },
    ]) {
      assertError(
        await api.post('/identity', other, withHeader(key)),
        422,
        'invalid_value',
        'idempotency_key',
      );
    }
    assert.equal(await count(), before);
    assert.equal((await api.get(`/identity?pool_id=${poolId}`)).body.pagination.item_count, 0);
  });

  test('a key is a string of 1 to 64 characters, given once', async () => {
    for (const key of ['', 'x'.repeat(65), 5, [], {}, true]) {
      const reply = await api.post('/identity', { ...body(), idempotency_key: key });
      assertError(reply, 422, 'invalid_value', 'idempotency_key');
    }
    assertError(
      await api.post('/identity', body(), withHeader('x'.repeat(65))),
      422,
      'invalid_value',
      'idempotency_key',
    );
    const both = await api.post('/identity', { ...body(), idempotency_key: 'one' }, withHeader('two'));
    assertError(both, 422, 'invalid_value', 'idempotency_key');
    detailsOf(await api.post('/identity', { ...body(), idempotency_key: 'x'.repeat(64) }));
  });
});

test('kept replies hold no personal data in the clear', async () => {
  const email = newEmail();
  detailsOf(await api.post('/identity', body(email), withHeader(newKey())));
  const rows = await api.server.sql<{ reply: Buffer }>('select reply from idempotent_replies');
  assert.ok(rows.length > 0);
  for (const { reply } of rows) assert.ok(!reply.includes(email));
});
