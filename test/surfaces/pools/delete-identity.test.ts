import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  emailFactor,
  newEmail,
  type PoolsApi,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

let api: PoolsApi;
let pool: string;
before(async () => {
  api = await startPools();
  pool = (await api.createPool()).poolId;
});
after(() => api.close());

describe('200', () => {
  test('pools 36 a deleted identity is shown as deleted, with nothing left to do', async () => {
    const email = newEmail();
    const before = await api.createIdentity(pool, {
      factors: [emailFactor(email), emailFactor(newEmail(), 'backup')],
      metadata: { a: 'b' },
    });
    detailsOf(await api.post(`/identity/${before.id}/interaction`, {}));
    const seen = await api.identity(before.id);
    const reply = await api.delete(`/identity/${before.id}`);
    assert.deepEqual(detailsOf(reply), { ...seen, status: 'deleted' });
    assert.ok(!('actions' in reply.body));
    const fetched = await api.get(`/identity/${before.id}`);
    assert.deepEqual(fetched.body.details, { ...seen, status: 'deleted' });
    assert.deepEqual(fetched.body.actions, { update: false, delete: false });
  });

  test('it is still listed', async () => {
    const { poolId } = await api.createPool();
    const { id } = await api.createIdentity(poolId);
    detailsOf(await api.delete(`/identity/${id}`));
    const { summaries, pagination } = (await api.get(`/identity?pool_id=${poolId}`)).body;
    assert.equal(pagination.item_count, 1);
    assert.deepEqual([summaries[0].id, summaries[0].status], [id, 'deleted']);
  });

  test('title, claims and factors stay as they were, whatever becomes of the ruleset', async () => {
    const { poolId, rulesetId } = await api.createPool([
      { name: 'login', type: 'username', claim: 'nick' },
      { name: 'email', type: 'email' },
    ]);
    const factors = [emailFactor(newEmail()), { name: 'login', type: 'username', value: 'ada' }];
    const { id } = await api.createIdentity(poolId, { factors });
    const deleted = detailsOf(await api.delete(`/identity/${id}`));
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors: [{ name: 'other', type: 'email' }] }));
    assert.deepEqual(await api.identity(id), deleted);
    assert.equal(deleted.title, 'ada');
    assert.deepEqual(deleted.claims, { nick: 'ada' });
    const [summary] = (await api.get(`/identity?pool_id=${poolId}&sorting=title`)).body.summaries;
    assert.equal(summary.title, 'ada');
  });

  test('a body that is sent along is not looked at', async () => {
    const { id } = await api.createIdentity(pool);
    detailsOf(await api.delete(`/identity/${id}`, { body: '{' }));
  });

  test('of many deletions at once exactly one succeeds', async () => {
    const { poolId } = await api.createPool();
    const { id } = await api.createIdentity(poolId);
    const replies = await Promise.all(Array.from({ length: 5 }, () => api.delete(`/identity/${id}`)));
    assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 409, 409, 409, 409]);
    const { pagination } = (await api.get(`/identity?pool_id=${poolId}&status=deleted`)).body;
    assert.equal(pagination.item_count, 1);
  });
});

describe('403, 404, 422', () => {
  test('deleting needs the grant to write', async () => {
    const { id } = await api.createIdentity(pool);
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'account'] });
    assertError(await api.delete(`/identity/${id}`, { key }), 403, 'not_permitted');
    assert.equal((await api.identity(id)).status, 'extant');
  });

  test('what is unknown, malformed or of another type is refused', async () => {
    assertError(await api.delete(`/identity/${unknownId('identity', pool)}`), 404, 'not_found');
    assertError(await api.delete('/identity/x'), 422, 'invalid_value', 'identity_id');
    assertError(await api.delete(`/identity/${pool}`), 422, 'unexpected_ref_type', 'identity_id');
  });
});

describe('409', () => {
  test('pools 37 a deleted identity is neither updated nor deleted again', async () => {
    const { id } = await api.createIdentity(pool);
    const deleted = detailsOf(await api.delete(`/identity/${id}`));
    const changes = await api.changesOf(async () => {
      assertError(await api.put(`/identity/${id}`, { metadata: { a: 'b' } }), 409, 'invalid_action');
      assertError(await api.delete(`/identity/${id}`), 409, 'invalid_action');
      assertError(await api.post(`/identity/${id}/interaction`, {}), 409, 'invalid_action');
    });
    assert.deepEqual(await api.identity(id), deleted);
    assert.deepEqual(changes, []);
  });

  test('under a deleted pool nothing is changed or deleted, and everything is still shown', async () => {
    const { poolId } = await api.createPool();
    const { id } = await api.createIdentity(poolId);
    detailsOf(await api.delete(`/pool/${poolId}`));
    assertError(await api.put(`/identity/${id}`, { metadata: {} }), 409, 'invalid_action');
    assertError(await api.delete(`/identity/${id}`), 409, 'invalid_action');
    assertError(await api.post(`/identity/${id}/interaction`, {}), 409, 'invalid_action');
    const fetched = await api.get(`/identity/${id}`);
    assert.equal(fetched.body.details.status, 'extant');
    assert.deepEqual(fetched.body.actions, { update: false, delete: false });
    assert.equal((await api.get(`/identity?pool_id=${poolId}`)).body.pagination.item_count, 1);
  });
});

test('a deletion writes one audit entry and one event, and lets go of every identifier', async () => {
  const { id } = await api.createIdentity(pool);
  const held = () => api.server.sql('select 1 as one from identifiers where identity_id = $1', [uuidOf(id)]);
  assert.equal((await held()).length, 1);
  const changes = await api.changesOf(() => api.delete(`/identity/${id}`));
  assert.equal(changes.length, 1);
  assert.equal(changes[0]?.action, 'identity.deleted');
  assert.equal(changes[0]?.subject_id, uuidOf(id));
  assert.deepEqual(changes[0]?.fields, ['status']);
  assert.equal((await held()).length, 0);
});
