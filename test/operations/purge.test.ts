import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startServer, type TestServer } from '../harness/server.ts';

const DAY_SECONDS = 86_400;

describe('purging closed identities', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  const create = async (email: string): Promise<string> => {
    const { pool_id } = server.quickstart.live;
    const factors = [{ name: 'email', type: 'email', value: email }];
    const { body } = await server.call('POST', '/api/v1/identity', { body: { pool_id, factors } });
    return body.details.id;
  };
  const remove = (id: string) => server.call('DELETE', `/api/v1/identity/${id}`);
  const status = async (id: string) => (await server.call('GET', `/api/v1/identity/${id}`)).status;
  const total = async () => {
    const { body } = await server.call('GET', `/api/v1/identity?pool_id=${server.quickstart.live.pool_id}`);
    return body.pagination.item_count;
  };

  it('removes what was closed long enough ago, keys and identifiers with it, and nothing else', async () => {
    const open = await create('open@example.com');
    const old = await create('old@example.com');
    await server.call('POST', `/api/v1/identity/${old}/interaction`, { body: {} });
    await remove(old);
    server.clock.advance(40 * DAY_SECONDS);
    const recent = await create('recent@example.com');
    await remove(recent);
    assert.equal(await total(), 3);

    assert.equal(await server.purge(30), 1);

    assert.deepEqual(await Promise.all([open, old, recent].map(status)), [200, 404, 200]);
    assert.equal(await total(), 2);
    const left = await server.sql<{ identities: number; keys: number }>(
      `select (select count(*)::integer from identities) as identities,
              (select count(*)::integer from identity_keys) as keys`,
    );
    assert.deepEqual({ ...left[0] }, { identities: 2, keys: 2 });
    const entries = await server.sql(`select 1 from audit_entries where action = 'identity.purged'`);
    const events = await server.sql(`select 1 from outbox where type = 'identity.purged'`);
    assert.deepEqual([entries.length, events.length], [1, 1]);
    const seen = await server.sql<{ n: number }>(
      `select coalesce(sum(n), 0)::integer as n from tallies where name like 'seen%'`,
    );
    assert.equal(seen[0]?.n, 0);
  });

  it('removes nothing twice', async () => {
    assert.equal(await server.purge(30), 0);
  });
});
