import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  assertError,
  detailsOf,
  emailFactor,
  type PoolsApi,
  type Shown,
  startPools,
  unknownId,
} from '../../harness/pools.ts';

let api: PoolsApi;
/** 25 identities, their ids in order of creation. */
let pool: string;
let ids: string[];
before(async () => {
  api = await startPools();
  ({ pool, ids } = await fill(25));
});
after(() => api.close());

async function fill(count: number): Promise<{ pool: string; ids: string[] }> {
  const { poolId } = await api.createPool();
  const made: string[] = [];
  for (let index = 0; index < count; index += 1) {
    made.push((await api.createIdentity(poolId, { email: `p${index}@example.com` })).id);
  }
  return { pool: poolId, ids: made };
}

async function list(poolId: string, query: Record<string, string | number> = {}) {
  const parameters = new URLSearchParams({ pool_id: poolId });
  for (const [key, value] of Object.entries(query)) parameters.set(key, `${value}`);
  return api.get(`/identity?${parameters}`);
}
const page = (size: number | string, offset: number | string = 0) => ({
  'pagination[page_size]': size,
  'pagination[offset]': offset,
});
const idsOf = ({ body }: { body: Shown }): string[] => body.summaries.map((summary: Shown) => summary.id);
const see = async (id: string, at: number) =>
  detailsOf(await api.post(`/identity/${id}/interaction`, { at }));

describe('200', () => {
  test('without more than a pool: all by id, up to 100, both pagination and sorting told', async () => {
    const reply = await list(pool);
    assert.equal(reply.status, 200);
    assert.deepEqual(idsOf(reply), ids);
    assert.deepEqual(reply.body.sorting, { field: 'id', direction: 'asc' });
    assert.deepEqual(reply.body.pagination, {
      ...{ item_count: 25, page_size: 100, page_offset: 0, item_start: 1, item_end: 25 },
      ...{ page_index: 1, page_count: 1, next_page_offset: null, previous_page_offset: null },
    });
  });

  test('pools 45 a summary is the details without factors', async () => {
    const [id = ''] = ids;
    const { factors: _factors, ...expected } = await api.identity(id);
    const [summary] = (await list(pool)).body.summaries;
    assert.ok(!('factors' in summary));
    assert.deepEqual(summary, expected);
  });

  test('pools 40 the last page of 25 by 10', async () => {
    const { body } = await list(pool, page(10, 20));
    assert.equal(body.summaries.length, 5);
    assert.deepEqual(body.pagination, {
      ...{ item_count: 25, page_size: 10, page_offset: 20, item_start: 21, item_end: 25 },
      ...{ page_index: 3, page_count: 3, next_page_offset: null, previous_page_offset: 10 },
    });
    assert.deepEqual(idsOf({ body }), ids.slice(20));
  });

  test('pools 41 offsets of neighbours follow the arithmetic', async () => {
    const { poolId } = await api.createPool();
    const items = Array.from({ length: 200 }, (_, index) => ({
      ...{ _type: 'identities/create', idempotency_key: `many-item-${index}` },
      details: { pool_id: poolId, factors: [emailFactor(`many${index}@example.com`)] },
    }));
    await api.post('/bulk', { items: items.slice(0, 100) });
    await api.post('/bulk', { items: items.slice(100) });
    const { pagination } = (await list(poolId, page(10, 90))).body;
    assert.equal(pagination.item_count, 200);
    assert.equal(pagination.next_page_offset, 100);
    assert.equal(pagination.previous_page_offset, 80);
    assert.deepEqual([pagination.item_start, pagination.item_end], [91, 100]);
    // More than 100 is clamped, and an offset below one page goes back to the start.
    const clamped = (await list(poolId, page(500, 40))).body;
    assert.equal(clamped.summaries.length, 100);
    assert.equal(clamped.pagination.page_size, 100);
    assert.equal(clamped.pagination.next_page_offset, 140);
    assert.equal(clamped.pagination.previous_page_offset, 0);
  });

  test('pools 42 an empty pool has an empty list', async () => {
    const { poolId } = await api.createPool();
    const { body } = await list(poolId);
    assert.deepEqual(body.summaries, []);
    const { item_count, page_count, next_page_offset, previous_page_offset, ...rest } = body.pagination;
    assert.deepEqual([item_count, page_count, next_page_offset, previous_page_offset], [0, 0, null, null]);
    assert.deepEqual([rest.item_start, rest.item_end], [0, 0]);
    assert.deepEqual((await list(poolId, { sorting: 'title' })).body.summaries, []);
  });

  test('an offset beyond the end gives an empty page', async () => {
    for (const offset of [25, 1000, 999_999_999_999_999]) {
      const { body } = await list(pool, page(10, offset));
      assert.deepEqual(body.summaries, []);
      assert.deepEqual([body.pagination.item_start, body.pagination.item_end], [0, 0]);
      assert.equal(body.pagination.item_count, 25);
      assert.equal(body.pagination.next_page_offset, null);
      assert.equal(body.pagination.previous_page_offset, offset - 10);
      assert.deepEqual((await list(pool, { ...page(10, offset), sorting: 'title' })).body.summaries, []);
    }
  });

  test('sorted by id in both directions, in each spelling of sorting', async () => {
    const reversed = ids.toReversed();
    for (const sorting of [
      { 'sorting[field]': 'id', 'sorting[direction]': 'desc' },
      { 'sorting[direction]': 'desc' },
      { sorting: 'id:desc' },
      { sorting: 'id', 'sorting[direction]': 'desc' },
    ]) {
      const reply = await list(pool, sorting);
      assert.deepEqual(idsOf(reply), reversed);
      assert.deepEqual(reply.body.sorting, { field: 'id', direction: 'desc' });
    }
    assert.deepEqual(idsOf(await list(pool, { sorting: 'id' })), ids);
    assert.deepEqual(idsOf(await list(pool, { sorting: 'id:asc', ...page(5, 5) })), ids.slice(5, 10));
  });

  test('sorted by title; equal titles by id', async () => {
    const { poolId } = await api.createPool([
      { name: 'login', type: 'username' },
      { name: 'email', type: 'email' },
    ]);
    const factors = (login: string, index: number) => [
      { name: 'login', type: 'username', value: login },
      emailFactor(`t${index}@x.com`),
    ];
    const made: [string, string][] = [];
    for (const [index, title] of ['delta', 'alpha', 'charlie', 'bravo'].entries()) {
      const { id } = await api.createIdentity(poolId, { factors: factors(title, index) });
      made.push([title, id]);
    }
    const [, [, alpha = ''] = []] = made;
    detailsOf(await api.delete(`/identity/${alpha}`));
    const again = await api.createIdentity(poolId, { factors: factors('alpha', 9) });
    made.push(['alpha', again.id]);
    const ascending = [...made].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
    const descending = [...made].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a > b ? -1 : 1));
    const { body } = await list(poolId, { sorting: 'title:desc' });
    assert.deepEqual(
      idsOf({ body }),
      descending.map(([, id]) => id),
    );
    assert.deepEqual(
      idsOf(await list(poolId, { sorting: 'title' })),
      ascending.map(([, id]) => id),
    );
    assert.deepEqual(
      idsOf(await list(poolId, { sorting: 'title', ...page(2, 1) })),
      ascending.slice(1, 3).map(([, id]) => id),
    );
    const extant = (await list(poolId, { sorting: 'title', status: 'extant' })).body;
    assert.equal(extant.pagination.item_count, 4);
    assert.ok(!idsOf({ body: extant }).includes(alpha));
  });

  test('sorted by status, equal ones by id in both directions', async () => {
    const made = await fill(6);
    const deleted = [made.ids[1], made.ids[4]];
    for (const id of deleted) detailsOf(await api.delete(`/identity/${id}`));
    const extant = made.ids.filter((id) => !deleted.includes(id));
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'status' })), [...deleted, ...extant]);
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'status:desc' })), [...extant, ...deleted]);
    assert.deepEqual(
      idsOf(await list(made.pool, { sorting: 'status', ...page(3, 1) })),
      [...deleted, ...extant].slice(1, 4),
    );
  });

  test('sorted by last_seen: those never seen come last in both directions, equal ones by id', async () => {
    const made = await fill(6);
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = made.ids;
    for (const [id, at] of [
      [e, 300],
      [b, 100],
      [d, 200],
      [a, 200],
    ] as const)
      await see(id, at);
    const ascending = [b, a, d, e, c, f];
    const descending = [e, a, d, b, c, f];
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'last_seen' })), ascending);
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'last_seen:desc' })), descending);
    for (let offset = 0; offset < 6; offset += 1) {
      const reply = await list(made.pool, { sorting: 'last_seen:desc', ...page(2, offset) });
      assert.deepEqual(idsOf(reply), descending.slice(offset, offset + 2));
    }
    detailsOf(await api.delete(`/identity/${a}`));
    detailsOf(await api.delete(`/identity/${f}`));
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'last_seen', status: 'extant' })), [b, d, e, c]);
    assert.deepEqual(idsOf(await list(made.pool, { sorting: 'last_seen', status: 'deleted' })), [a, f]);
  });

  test('filtered by status, totals follow', async () => {
    const made = await fill(4);
    detailsOf(await api.delete(`/identity/${made.ids[2]}`));
    const deleted = await list(made.pool, { status: 'deleted' });
    assert.deepEqual(idsOf(deleted), [made.ids[2]]);
    assert.equal(deleted.body.pagination.item_count, 1);
    const extant = await list(made.pool, { status: 'extant', sorting: 'id:desc' });
    assert.deepEqual(idsOf(extant), [made.ids[3], made.ids[1], made.ids[0]]);
    assert.deepEqual(
      idsOf(await list(made.pool, { status: 'extant', sorting: 'status' })),
      idsOf(extant).toReversed(),
    );
    assert.equal((await list(made.pool)).body.pagination.item_count, 4);
  });

  test('a walk by pages visits each row once, whatever the size and order', async () => {
    const made = await fill(13);
    for (const [index, id] of made.ids.entries()) {
      if (index % 3 === 0) await see(id, 1000 + (index % 2));
      if (index % 4 === 0) detailsOf(await api.delete(`/identity/${id}`));
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom('id', 'title', 'status', 'last_seen'),
        fc.constantFrom('asc', 'desc'),
        async (size, field, direction) => {
          const visited: string[] = [];
          for (let offset: number | null = 0; offset !== null; ) {
            const { body } = await list(made.pool, {
              ...page(size, offset),
              sorting: `${field}:${direction}`,
            });
            visited.push(...idsOf({ body }));
            offset = body.pagination.next_page_offset as number | null;
          }
          assert.deepEqual(visited.toSorted(), made.ids.toSorted());
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('403, 404', () => {
  test('an unknown pool and one of another account are not found, and look the same', async () => {
    const other = await api.otherAccount();
    const [unknown, foreign] = [await list(unknownId('pool', pool)), await list(other.poolId)];
    assertError(unknown, 404, 'not_found');
    assert.equal(foreign.text, unknown.text);
    assert.equal(foreign.status, 404);
  });

  test('listing needs the grant to read', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:write', 'account'] });
    assertError(await api.get(`/identity?pool_id=${pool}`, { key }), 403, 'not_permitted');
  });
});

describe('422', () => {
  test('pools 39 pool_id is needed', async () => {
    assertError(await api.get('/identity'), 422, 'required_value', 'pool_id');
    assertError(await api.get('/identity?pool_id='), 422, 'invalid_value', 'pool_id');
    assertError(await api.get(`/identity?pool_id=${pool}&pool_id=${pool}`), 422, 'invalid_value', 'pool_id');
    assertError(await list(api.account.domainId), 422, 'unexpected_ref_type', 'pool_id');
  });

  test('pools 43 page size and offset are whole numbers', async () => {
    for (const size of ['0', '-1', '1.5', '10x', '', ' 1', '1e1', '0x1', 'NaN', '９', '9'.repeat(30)]) {
      assertError(await list(pool, page(size)), 422, 'invalid_value', 'pagination[page_size]');
    }
    for (const offset of ['-1', '1.5', 'x', '', '9'.repeat(30)]) {
      assertError(await list(pool, page(10, offset)), 422, 'invalid_value', 'pagination[offset]');
    }
    const twice = await api.get(`/identity?pool_id=${pool}&pagination[offset]=1&pagination[offset]=2`);
    assertError(twice, 422, 'invalid_value', 'pagination[offset]');
  });

  test('pools 44 only some fields sort; title in descending order is ordered and echoed', async () => {
    for (const sorting of [
      { 'sorting[field]': 'email' },
      { sorting: 'email' },
      { sorting: 'metadata:desc' },
      { sorting: '' },
      { sorting: 'id:asc:desc' },
      { 'sorting[field]': 'ID' },
    ]) {
      assertError(await list(pool, sorting), 422, 'invalid_value', 'sorting[field]');
    }
    const sideways = { 'sorting[direction]': 'sideways' };
    assertError(await list(pool, sideways), 422, 'invalid_value', 'sorting[direction]');
    assertError(await list(pool, { sorting: 'id:' }), 422, 'invalid_value', 'sorting[direction]');
    const { body } = await list(pool, { 'sorting[field]': 'title', 'sorting[direction]': 'desc' });
    assert.deepEqual(body.sorting, { field: 'title', direction: 'desc' });
    const titles = body.summaries.map((summary: Shown) => summary.title);
    assert.deepEqual(titles, titles.toSorted().toReversed());
  });

  test('a status is extant or deleted; all problems come at once', async () => {
    const reply = await list(pool, { status: 'gone', ...page(0), sorting: 'x' });
    assertError(reply, 422, 'invalid_value', 'status');
    assertError(reply, 422, 'invalid_value', 'pagination[page_size]');
    assertError(reply, 422, 'invalid_value', 'sorting[field]');
  });
});

describe('501', () => {
  test('a pool above the limit is not sorted by title, and by anything else it is', async () => {
    await using small = await startPools({ environment: { SELFSAME_POOLS_TITLE_SORT_MAX: '2' } });
    const { poolId } = await small.createPool();
    for (let index = 0; index < 2; index += 1) await small.createIdentity(poolId);
    assert.equal((await small.get(`/identity?pool_id=${poolId}&sorting=title`)).status, 200);
    await small.createIdentity(poolId);
    assertError(await small.get(`/identity?pool_id=${poolId}&sorting=title`), 501, 'not_implemented');
    assert.equal((await small.get(`/identity?pool_id=${poolId}&sorting=status`)).status, 200);
  });
});
