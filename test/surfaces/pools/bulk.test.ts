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
  unknownId,
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
  return `bulk-key-${counter}`;
}
const item = (type: string, fields: Json = {}): Json & { idempotency_key: string } => ({
  ...{ _type: `identities/${type}`, idempotency_key: newKey() },
  ...fields,
});
const create = (email = newEmail()) =>
  item('create', { pool_id: pool, details: { factors: [emailFactor(email)] } });
const bulk = (items: unknown, key = api.account.key) => api.post('/bulk', { items }, { key });
const count = async () => (await api.get(`/identity?pool_id=${pool}`)).body.pagination.item_count;

describe('200', () => {
  test('each type of item answers as its operation does', async () => {
    const { id } = await api.createIdentity(pool, { metadata: { a: 'b' } });
    const email = newEmail();
    const [list, show, made, updated, gone] = [
      item('list', {
        pool_id: pool,
        'pagination[page_size]': 1,
        sorting: { field: 'id', direction: 'desc' },
      }),
      item('show', { identity_id: id }),
      item('create', { details: { pool_id: pool, factors: [emailFactor(email)] } }),
      item('update', { identity_id: id, details: { metadata: { c: 'd' } } }),
      item('delete', { identity_id: id }),
    ];
    const before = await api.get(`/identity/${id}`);
    const listed = await api.get(`/identity?pool_id=${pool}&pagination[page_size]=1&sorting=id:desc`);
    const { body, status } = await bulk([list, show, made, updated, gone]);
    assert.equal(status, 200);
    assert.deepEqual(
      Object.keys(body.outputs),
      [list, show, made, updated, gone].map((one) => one?.idempotency_key),
    );
    const output = (one = list) => body.outputs[one?.idempotency_key ?? ''];
    assert.deepEqual(output(list), listed.body);
    assert.deepEqual(output(show), before.body);
    assert.equal(output(made).details.title, email);
    assert.deepEqual(output(updated).details, { ...before.body.details, metadata: { c: 'd' } });
    assert.equal(output(gone).details.status, 'deleted');
    assert.equal((await api.identity(id)).status, 'deleted');
    assert.deepEqual(await api.identity(output(made).details.id), output(made).details);
  });

  test('pools 52 the first item that fails ends the run, with its error among the outputs', async () => {
    const before = await count();
    const { id } = await api.createIdentity(pool);
    const items = [create(), item('update', { identity_id: id, details: { metadata: { a: 1 } } }), create()];
    const { status, body } = await bulk(items);
    assert.equal(status, 200);
    assert.deepEqual(
      Object.keys(body.outputs),
      items.slice(0, 2).map((one) => one.idempotency_key),
    );
    const [first, second] = Object.values<{ status: string; code?: string; errors?: Json }>(body.outputs);
    assert.equal(first?.status, 'success');
    assert.equal(second?.status, 'error');
    assert.equal(second?.code, 'invalid_value');
    assert.ok(second?.errors?.['metadata.a']);
    assert.equal(await count(), before + 2);
  });

  test('each item has the errors of its operation', async () => {
    const { id } = await api.createIdentity(pool);
    const cases: [Json & { idempotency_key: string }, string][] = [
      [item('show'), 'required_value'],
      [item('show', { identity_id: null }), 'required_value'],
      [item('show', { identity_id: 5 }), 'invalid_value'],
      [item('show', { identity_id: pool }), 'unexpected_ref_type'],
      [item('show', { identity_id: unknownId('identity', pool) }), 'not_found'],
      [item('list'), 'required_value'],
      [item('list', { pool_id: 5 }), 'invalid_value'],
      [item('list', { pool_id: pool, pagination: { page_size: 0 } }), 'invalid_value'],
      [item('list', { pool_id: pool, sorting: 'email' }), 'invalid_value'],
      [item('create'), 'required_value'],
      [item('create', { pool_id: pool, details: 5 }), 'bad_request'],
      [item('create', { pool_id: pool, details: null }), 'bad_request'],
      [item('create', { pool_id: pool }), 'required_value'],
      [item('update', { details: {} }), 'required_value'],
      [item('update', { identity_id: id, details: { factors: [] } }), 'required_value'],
      [item('delete'), 'required_value'],
    ];
    for (const [one, code] of cases) {
      const { status, body } = await bulk([one, create()]);
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body.outputs), [one.idempotency_key]);
      assert.equal(body.outputs[one.idempotency_key].code, code, JSON.stringify([one, body]));
    }
  });

  test('a bulk that is sent again makes nothing twice', async () => {
    const items = [create(), create()];
    const first = await bulk(items);
    const before = await count();
    assert.deepEqual((await bulk(items)).body, first.body);
    assert.equal(await count(), before);
    const [one] = items;
    const changed = { ...create(), idempotency_key: one?.idempotency_key };
    const { body } = await bulk([changed]);
    assert.ok(body.outputs[one?.idempotency_key ?? ''].errors.idempotency_key);
  });

  test('every item needs its own grant', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'account'] });
    const items = [item('list', { pool_id: pool }), create(), item('list', { pool_id: pool })];
    const before = await count();
    const { body } = await bulk(items, key);
    const [first, second, third] = items.map((one) => body.outputs[one.idempotency_key]);
    assert.equal(first.status, 'success');
    assert.equal(second.code, 'not_permitted');
    assert.equal(third, undefined);
    assert.equal(await count(), before);
  });

  test('a hundred items, keys of 8 and of 64 characters', async () => {
    const items = Array.from({ length: 100 }, () =>
      item('list', { pool_id: pool, 'pagination[page_size]': 1 }),
    );
    items.splice(
      0,
      2,
      { ...create(), idempotency_key: '12345678' },
      { ...create(), idempotency_key: 'k'.repeat(64) },
    );
    assert.equal(Object.keys((await bulk(items)).body.outputs).length, 100);
  });

  test('each change of an item writes its own audit entry', async () => {
    const { id } = await api.createIdentity(pool);
    const changes = await api.changesOf(() =>
      bulk([
        create(),
        item('show', { identity_id: id }),
        item('delete', { identity_id: id }),
        item('delete', { identity_id: id }),
        create(),
      ]),
    );
    assert.deepEqual(
      changes.map((change) => change.action),
      ['identity.created', 'identity.deleted'],
    );
  });
});

describe('400, 422', () => {
  test('pools 53 a key of 7 characters or one used twice fails the whole request', async () => {
    const before = await count();
    const again = create();
    for (const [items, field] of [
      [[create(), { ...create(), idempotency_key: '1234567' }], 'items[1].idempotency_key'],
      [
        [again, create(), { ...create(), idempotency_key: again.idempotency_key }],
        'items[2].idempotency_key',
      ],
      [[create(), { ...create(), idempotency_key: 'k'.repeat(65) }], 'items[1].idempotency_key'],
      [[create(), { ...create(), idempotency_key: undefined }], 'items[1].idempotency_key'],
      [[create(), { ...create(), idempotency_key: 12345678 }], 'items[1].idempotency_key'],
      [[create(), { ...create(), _type: 'identities/merge' }], 'items[1]._type'],
      [[create(), { ...create(), _type: 'toString' }], 'items[1]._type'],
      [[create(), 'x'], 'items[1]'],
      [[create(), null], 'items[1]'],
      [Array.from({ length: 101 }, () => create()), 'items'],
      [{}, 'items'],
    ] as const) {
      assertError(await bulk(items), 422, 'invalid_value', field);
    }
    assert.equal(await count(), before);
  });

  test('items and their types are needed', async () => {
    for (const items of [undefined, null, []]) assertError(await bulk(items), 422, 'required_value', 'items');
    const { _type: _left, ...untyped } = create();
    assertError(await bulk([untyped]), 422, 'required_value', 'items[0]._type');
  });

  test('the body must be a JSON object', async () => {
    for (const body of ['[]', '{', '5']) assertError(await api.post('/bulk', body), 400, 'bad_request');
  });
});

test('a fault within an item is told in its own envelope and leaks nothing', async () => {
  await using broken = await startPools();
  const { id } = await broken.createIdentity(broken.account.poolId);
  await broken.server.sql('alter table identities rename to elsewhere');
  const items = [item('show', { identity_id: id }), item('show', { identity_id: id })];
  const { status, body } = await broken.post('/bulk', { items });
  assert.equal(status, 200);
  const [key = ''] = items.map((one) => one.idempotency_key);
  assert.deepEqual(body.outputs, {
    [key]: { status: 'error', code: 'unexpected', message: 'An internal error occurred.' },
  });
  await broken.server.sql('alter table elsewhere rename to identities');
  detailsOf(await broken.get(`/identity/${id}`));
});
