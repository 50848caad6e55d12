import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
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

describe('200', () => {
  test('pools 35 a fetch tells what may be done, an update does not', async () => {
    const { id } = await api.createIdentity(pool);
    const fetched = await api.get(`/identity/${id}`);
    assert.deepEqual(fetched.body.actions, { update: true, delete: true });
    assert.ok(!('actions' in (await api.put(`/identity/${id}`, { metadata: { a: 'b' } })).body));
  });

  test('actions are false for a key that may only read', async () => {
    const { id } = await api.createIdentity(pool);
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'account'] });
    const { body } = await api.get(`/identity/${id}`, { key });
    assert.deepEqual(body.actions, { update: false, delete: false });
    assert.equal(body.details.status, 'extant');
  });

  test('a key reaches its own pool; with the account grant also the account’s other pools', async () => {
    const [own, other] = [await api.createIdentity(api.account.poolId), await api.createIdentity(pool)];
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'identities:write'] });
    detailsOf(await api.get(`/identity/${own.id}`, { key }));
    assertError(await api.get(`/identity/${other.id}`, { key }), 404, 'not_found');
    assertError(await api.put(`/identity/${other.id}`, {}, { key }), 404, 'not_found');
    assertError(await api.delete(`/identity/${other.id}`, { key }), 404, 'not_found');
    assertError(await api.get(`/identity?pool_id=${pool}`, { key }), 404, 'not_found');
    assertError(await api.post('/identity', { pool_id: pool }, { key }), 404, 'not_found');
    detailsOf(await api.get(`/identity/${other.id}`));
    // Also after somebody with more reach has made the server look it up.
    assertError(await api.get(`/identity/${other.id}`, { key }), 404, 'not_found');
  });
});

describe('403', () => {
  test('reading needs its grant', async () => {
    const { id } = await api.createIdentity(pool);
    const { secret: key } = await api.server.createKey({ grants: ['identities:write', 'account'] });
    assertError(await api.get(`/identity/${id}`, { key }), 403, 'not_permitted');
    assertError(await api.get('/identity/x', { key }), 403, 'not_permitted');
  });
});

describe('404', () => {
  test('pools 34 an identity of another account looks like an unknown id in every way', async () => {
    const other = await api.otherAccount();
    const body = { pool_id: other.poolId, factors: [{ name: 'email', type: 'email', value: newEmail() }] };
    const { id } = detailsOf(await api.post('/identity', body, { key: other.key }));
    const before = await api.get(`/identity/${id}`, { key: other.key });
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const options = method === 'PUT' ? { body: { metadata: { a: 'b' } } } : {};
      const foreign = await api.call(method, `/identity/${id}`, options);
      const unknown = await api.call(method, `/identity/${unknownId('identity', pool)}`, options);
      assertError(foreign, 404, 'not_found');
      assertError(unknown, 404, 'not_found');
      assert.equal(foreign.text, unknown.text);
    }
    // Another type of another account's resource says no more than that.
    assertError(await api.get(`/identity/${other.poolId}`), 404, 'not_found');
    assert.deepEqual((await api.get(`/identity/${id}`, { key: other.key })).body, before.body);
  });

  test('a sandbox key never sees what is live, and the other way round', async () => {
    const { id } = await api.createIdentity(pool);
    const key = api.sandboxKey;
    assertError(await api.get(`/identity/${id}`, { key }), 404, 'not_found');
    assertError(await api.put(`/identity/${id}`, {}, { key }), 404, 'not_found');
    assertError(await api.delete(`/identity/${id}`, { key }), 404, 'not_found');
    assertError(await api.get(`/identity?pool_id=${pool}`, { key }), 404, 'not_found');
    const sandbox = api.server.quickstart.sandbox.pool_id;
    const made = await api.post(
      '/identity',
      { pool_id: sandbox, factors: [{ name: 'email', type: 'email', value: newEmail() }] },
      { key },
    );
    assertError(await api.get(`/identity/${detailsOf(made).id}`), 404, 'not_found');
    assertError(await api.get(`/identity?pool_id=${sandbox}`), 404, 'not_found');
  });
});

describe('422', () => {
  test('pools 33 an id in upper case, of 31 characters or with another alphabet is malformed', async () => {
    const { id } = await api.createIdentity(pool);
    const wrong = [
      id.toUpperCase(),
      id.slice(0, 31),
      `${id}0`,
      `8${id.slice(1)}`,
      `${id.slice(0, 31)}i`,
      'x',
    ];
    for (const text of [...wrong, 'x'.repeat(500), '%00', '..%2f', ' ']) {
      assertError(
        await api.get(`/identity/${encodeURIComponent(text)}`),
        422,
        'invalid_value',
        'identity_id',
      );
    }
  });

  test('an id of another type of resource is told apart', async () => {
    const { factors } = await api.createIdentity(pool);
    for (const id of [pool, api.account.accountId, factors[0].nid, factors[0].vid]) {
      assertError(await api.get(`/identity/${id}`), 422, 'unexpected_ref_type', 'identity_id');
    }
  });
});
