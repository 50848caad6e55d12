import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { KycReport, KycSubmission } from '../../src/core/kyc/provider.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { company, type KycApi, startKyc } from '../harness/kyc.ts';
import { openWorkshop, SOUND, type Workshop } from './cases-kit.ts';

// An owner and a company, decided at the same time by a provider that a test speaks for.

let api: KycApi;
let workshop: Workshop;
before(async () => {
  api = await startKyc();
  workshop = await openWorkshop(api.server);
});
after(async () => {
  await workshop[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});
beforeEach(() => {
  workshop.answer = async (submission) => byOwner(submission);
});

const REFUSED: KycReport = {
  ...{ state: 'exception', exceptions: ['owner_not_verified'], checks: [], risk: 'medium' },
};

/** Approves persons, and companies of approved ones. */
function byOwner({ subject }: KycSubmission): KycReport {
  return subject.type === 'person' || subject.ownerState === 'approved' ? SOUND : REFUSED;
}

test('a company that is refused while its owner is being approved is asked again at once', async () => {
  const owner = await api.create();
  const { id } = await api.create(company(owner.id));
  api.clock.advance(1);
  const seen: (string | null)[] = [];
  const asked = Promise.withResolvers<void>();
  const approved = Promise.withResolvers<void>();
  workshop.answer = async (submission) => {
    const { subject } = submission;
    const report = byOwner(submission);
    if (subject.type === 'person') {
      // The company was asked about while its owner was not decided.
      await asked.promise;
      return report;
    }
    seen.push(subject.ownerState);
    asked.resolve();
    if (seen.length === 1) await approved.promise;
    return report;
  };
  const first = await api.entry(id);
  const working = workshop.work();
  while ((await api.entry(owner.id)).status === 'pending') await new Promise(setImmediate);
  // What the approval leads to is done, and finds a company that is still being decided.
  await workshop.work();
  approved.resolve();
  await working;
  await workshop.work();
  const entry = await api.entry(id);
  assert.deepEqual([seen, entry.status], [['pending', 'approved'], 'approved']);
  assert.notEqual(entry.verificationId, first.verificationId);
  assert.deepEqual(workshop.faults, []);
});

test('a provider that goes on refusing a company whose owner it approved is not asked for ever', async () => {
  const owner = await api.create();
  await workshop.work();
  api.clock.advance(1);
  const { id } = await api.create(company(owner.id));
  let asked = 0;
  workshop.answer = async () => {
    asked += 1;
    return REFUSED;
  };
  await workshop.work();
  assert.deepEqual([asked, (await api.entry(id)).exceptions], [1, ['owner_not_verified']]);
});

test('companies that a process had to ask when it died are asked when its lease ends', async () => {
  const owner = await api.create();
  const { id } = await api.create(company(owner.id));
  const reports: ((report: KycReport) => Promise<void>)[] = [];
  workshop.answer = async (submission, { report }) => {
    const { verificationId, revision } = submission;
    if (submission.subject.type === 'company') return byOwner(submission);
    reports.push((verdict) => report(verificationId, revision, verdict));
    return { ...SOUND, state: 'pending' };
  };
  await workshop.work();
  api.clock.advance(1);
  await reports[0]?.(SOUND);
  assert.equal((await api.entry(owner.id)).status, 'approved');
  const now = api.clock.now();
  const claimed = await workshop.deps.cases.claimTasks(api.server.quickstart.live.app_id as PoolId, {
    ...{ now, leaseUntil: new Date(now.getTime() + 60_000), claim: workshop.deps.ids.next(), limit: 100 },
  });
  assert.deepEqual(
    claimed.map(({ identityId, task }) => [identityId, task]),
    [[owner.id, 'companies']],
  );
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'exception');
  api.clock.advance(60);
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'approved');
});
