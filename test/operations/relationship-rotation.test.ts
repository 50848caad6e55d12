import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { openInstallation } from '../../src/wiring.ts';
import { recordStatement } from '../harness/statements.ts';
import { pathOf, type Shown, startVerification, type VerificationApi } from '../harness/verification.ts';

// What is said of a relationship lies under the keys of both its ends, which are turned one after the other, and in
// batches of which the one end may be in one and the other in the next.

/** More than a batch. */
const BETWEEN = 60;

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

async function rotate(kind: 'data' | 'pool'): Promise<void> {
  const { database, quickstart } = api.server;
  const environment = { DATABASE_URL: database.url, SELFSAME_DATA_DIR: database.dataDir };
  const { config } = loadConfig({ mode: 'manage', environment });
  const opened = await openInstallation(config, { log: () => {}, onStatement: recordStatement });
  try {
    await opened.rotations.rotate({ kind, poolId: quickstart.live.app_id as PoolId });
  } finally {
    await opened.close();
  }
}

async function link(from: Shown, to: Shown, note: string): Promise<void> {
  const body = { related_identity_id: to.id, relationship_type: 'user_linked', metadata: { note } };
  const reply = await api.post(`${pathOf(from.id)}/relationships`, body);
  assert.equal(reply.status, 201, reply.text);
}

async function notes(of: Shown): Promise<string[]> {
  const reply = await api.get(`${pathOf(of.id)}/relationships?limit=100`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data.map(({ metadata }: Shown) => metadata.note).sort();
}

test('what is said of relationships is read as it was, whichever keys are rotated, and while they are', async () => {
  const all: Shown[] = [];
  for (let n = 0; n < BETWEEN; n += 1) all.push(await api.create());
  const [first, second] = all;
  const last = all.at(-1);
  await link(first, last, 'far');
  await link(last, second, 'back');
  await link(first, second, 'near');
  for (const kind of ['data', 'pool', 'data'] as const) {
    const before = await api.server.sql<{ metadata: string }>(
      `select encode(metadata, 'hex') as metadata from relationships order by id, identity_id`,
    );
    await rotate(kind);
    const rows = await api.server.sql<{ metadata: string }>(
      `select encode(metadata, 'hex') as metadata from relationships order by id, identity_id`,
    );
    assert.equal(rows.length, 6);
    rows.forEach(({ metadata }, index) => {
      assert.equal(metadata === before[index]?.metadata, kind === 'pool');
      assert.equal(metadata, rows[index - (index % 2)]?.metadata, 'both directions hold one box');
    });
    assert.deepEqual(await notes(first), ['far', 'near']);
    assert.deepEqual(await notes(last), ['back', 'far']);
    assert.deepEqual(await notes(second), ['back', 'near']);
  }
  const making = async () => {
    for (let n = 2; n < BETWEEN - 1; n += 1) {
      await link(first, all[n], `late${n}`);
      await notes(first);
    }
  };
  await Promise.all([making(), rotate('data').then(() => rotate('data'))]);
  assert.equal((await notes(first)).length, BETWEEN - 1);
  assert.ok((await notes(first)).every((note) => typeof note === 'string'));
});
