import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { PoolId } from '../../src/core/ports.ts';
import { createIdentityStore } from '../../src/store/repositories/identities.ts';
import { newId, openStores } from './stores.ts';

const HELD = 3000;
const CLAIMS = 200;

const FILL = `
  insert into identifiers (pool_id, space, digest, identity_id)
  select $1::uuid, 'email', uuid_send(gen_random_uuid()), gen_random_uuid() from generate_series(1, ${HELD})
  returning digest`;

const READ = `
  select coalesce(seq_tup_read, 0)::integer + coalesce(idx_tup_fetch, 0)::integer as n
  from pg_stat_xact_user_tables where relname = 'identifiers'`;

test('who holds a batch of claims is looked up by them, not among all identifiers of the pool', async (t) => {
  const { behind, db } = await openStores(t, 1);
  const poolId = newId<PoolId>();
  const digests = await behind.transaction(async (tx) => {
    // Their identities are not there.
    await tx.query({ text: 'set local session_replication_role = replica', parameters: [] });
    const { rows } = await tx.query<{ digest: Buffer }>({ text: FILL, parameters: [poolId] });
    return rows.map(({ digest }) => digest);
  });
  const wanted = digests.slice(0, CLAIMS / 2);
  const claims = [...wanted, ...wanted.map(() => randomBytes(16))].map((digest) => ({
    space: 'email',
    digest,
  }));
  await db.transaction(async (tx) => {
    const held = await createIdentityStore(tx).findHolders(poolId, claims);
    const texts = (all: readonly { digest: Buffer }[]) =>
      all.map(({ digest }) => digest.toString('hex')).sort();
    assert.deepEqual(texts(held), texts(wanted.map((digest) => ({ digest }))));
    const { rows } = await tx.query<{ n: number }>({ text: READ, parameters: [] });
    assert.ok((rows[0]?.n ?? HELD) <= CLAIMS, `${rows[0]?.n} rows were read`);
  });
});
