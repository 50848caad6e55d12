import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import { WrongState } from '../../src/core/errors.ts';
import type { ActingContext, PoolId } from '../../src/core/ports.ts';
import { together } from '../../src/core/records.ts';
import { completeVerification, decideWithin } from '../../src/core/verification/complete-verification.ts';
import type { Decision } from '../../src/core/verification/decision.ts';
import type { VerificationId } from '../../src/core/verification/ports.ts';
import { parseTagged } from '../../src/kit/ids.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import { recordStatement } from '../harness/statements.ts';
import { newReference, startVerification, type VerificationApi } from '../harness/verification.ts';

const APPROVED: Decision = {
  outcome: 'approved',
  findings: { faceMatch: null, extracted: 'as-known', rejectionReason: null, processingMode: 'manual' },
};

let api: VerificationApi;
/** Of another process, which holds nothing of the pool in memory when a test begins. */
let openDeps: () => Promise<Deps>;
const close: (() => unknown)[] = [];

before(async () => {
  api = await startVerification();
  const { url, dataDir } = api.server.database;
  const environment = { DATABASE_URL: url, SELFSAME_DATA_DIR: dataDir };
  const { config } = loadConfig({ mode: 'start', environment });
  const opened = await openDatabase(config, { clock: api.clock, onStatement: recordStatement });
  close.push(
    () => opened.close(),
    () => api.close(),
  );
  openDeps = async () => {
    const { deps, places } = await wireCore(config, opened);
    close.unshift(() => places.close());
    return deps;
  };
});
after(async () => {
  for (const one of close) await one();
});

async function newSession(): Promise<{ id: VerificationId; shown: string; acting: ActingContext }> {
  const { body } = await api.post('/sessions', { external_ref: newReference() });
  const id = parseTagged(body.id, 'ses') as VerificationId;
  const poolId = api.server.quickstart.live.app_id as PoolId;
  const acting = { principal: { poolId, keyId: null }, requestId: null, origin: null };
  return { id, shown: `/sessions/${body.id}`, acting };
}

test('what is decided without a request is the installation’s own doing', async () => {
  const { id, shown, acting } = await newSession();
  const deps = await openDeps();
  const { audit, events } = await api.changesOf(() => completeVerification(deps, acting, id, () => APPROVED));
  assert.deepEqual(audit.map(({ action }) => action).sort(), ['identity.created', 'session.completed']);
  for (const { key_id: key, request_id: request } of audit) assert.deepEqual([key, request], [null, null]);
  assert.ok(events.some(({ type }) => type === 'session.completed'));
  assert.equal((await api.get(shown)).body.status, 'completed');
});

test('a decision is undone with the transaction that it is a part of', async () => {
  const { id, shown, acting } = await newSession();
  const deps = await openDeps();
  const gained = await api.changesOf(() =>
    assert.rejects(
      together(deps, async (tx) => {
        const { stored } = await decideWithin(tx, deps, acting, id, () => APPROVED);
        assert.equal(stored.status, 'completed');
        throw new WrongState('The other row is not there any more.');
      }),
      WrongState,
    ),
  );
  assert.deepEqual(gained, { audit: [], events: [] });
  assert.equal((await api.get(shown)).body.status, 'pending');
});
