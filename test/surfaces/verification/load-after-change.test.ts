import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../../harness/server.ts';

// Transactions that need what a configuration change made stale must not wait for a connection that they hold.
test('links and merges right after a change of the configuration do not wait for each other', async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const call = (method: string, path: string, body?: unknown) =>
    server.call(method, `/api/v1${path}`, body === undefined ? {} : { body });
  const references = Array.from({ length: 48 }, (_, index) => `r${index}`);
  for (const external_ref of references) {
    assert.equal((await call('POST', '/identities', { external_ref })).status, 201);
  }
  for (let round = 0; round < 3; round += 1) {
    await server.configureVerification({ plan: round % 2 === 0 ? 'starter' : 'free' });
    const pairs = Array.from(
      { length: 24 },
      (_, index) => [references[index], references[47 - index]] as const,
    );
    const replies = await Promise.all(
      pairs.map(([one, other]) =>
        round < 2
          ? call('POST', `/identities/${one}/relationships`, {
              related_identity_id: other,
              relationship_type: 'user_linked',
            })
          : call('POST', '/identities/merge', { primary_identity_id: one, secondary_identity_id: other }),
      ),
    );
    const statuses = new Set(replies.map(({ status }) => status));
    // The second round links what is linked.
    assert.deepEqual([...statuses], [round === 0 ? 201 : round === 1 ? 422 : 200], replies[0]?.text);
  }
});
