import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ClaimedCase } from '../../src/core/kyc/case-ports.ts';
import type { KycContext, KycReport, KycSubmission } from '../../src/core/kyc/provider.ts';
import { workOnCase } from '../../src/core/kyc/work-on-case.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { type KycApi, person, type Shown, startKyc } from '../harness/kyc.ts';
import { toVerification } from '../harness/kyc-ids.ts';
import { openWorkshop, SOUND, type Workshop } from './cases-kit.ts';

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
  workshop.answer = async () => SOUND;
});

const LEASE_SECONDS = 15 * 60;

async function claim(id: string): Promise<ClaimedCase> {
  const now = api.clock.now();
  const leaseUntil = new Date(now.getTime() + LEASE_SECONDS * 1000);
  const claimed = await workshop.deps.cases.claimTasks(api.server.quickstart.live.app_id as PoolId, {
    ...{ now, leaseUntil, claim: workshop.deps.ids.next(), limit: 100 },
  });
  const own = claimed.find(({ identityId }) => identityId === id);
  assert.ok(own !== undefined);
  return own;
}

/** How often the verification was decided, by the audit log. */
async function decisions(verificationId: string): Promise<number> {
  const [row] = await api.server.sql<{ n: number }>(
    `select count(*)::integer as n from audit_entries where subject_id = $1::uuid and 'result' = any(fields)`,
    [verificationId],
  );
  return row?.n ?? -1;
}

/** Asks while a test does something else; the answer comes when it says so. */
function slowly(): { asked: Promise<KycSubmission>; answer(): void } {
  const asked = Promise.withResolvers<KycSubmission>();
  const answered = Promise.withResolvers<void>();
  workshop.answer = async (submission) => {
    asked.resolve(submission);
    await answered.promise;
    return SOUND;
  };
  return { asked: asked.promise, answer: () => answered.resolve() };
}

const changeHere = async (id: string): Promise<number> =>
  (await api.patch(id, { birthday: '1991-02-03' })).status;
const changeElsewhere = async (id: string): Promise<number> => {
  const path = `/api/v1/identities/${toVerification(id)}`;
  return (await api.server.call('PATCH', path, { body: { date_of_birth: '1991-02-03' } })).status;
};

for (const [where, change] of [
  ['here', changeHere],
  ['on verification', changeElsewhere],
] as const) {
  test(`kyc 63 a verdict on facts that were changed ${where} meanwhile is ignored, and asked for again`, async () => {
    const { id } = await api.create();
    const before = await api.entry(id);
    const { asked, answer } = slowly();
    const working = workshop.work();
    const { subject, revision } = await asked;
    assert.equal(subject.birthday, '1990-05-06');
    assert.equal(await change(id), 200);
    const seen: KycSubmission[] = [];
    workshop.answer = async (submission) => {
      seen.push(submission);
      const { status } = await api.entry(id);
      assert.equal(status, 'pending', 'the verdict on the old facts counted');
      return SOUND;
    };
    answer();
    await working;
    await workshop.work();
    assert.deepEqual(
      seen.map((one) => [one.verificationId, one.subject.birthday, one.revision > revision]),
      [[before.verificationId, '1991-02-03', true]],
    );
    assert.equal((await api.entry(id)).status, 'approved');
    assert.equal(await decisions(before.verificationId), 1);
    assert.deepEqual(workshop.faults, []);
  });
}

test('kyc 63 a claimed case whose facts are changed before its provider is asked goes with the new ones', async () => {
  const { id } = await api.create();
  const claimed = await claim(id);
  assert.equal(await changeHere(id), 200);
  let asked = 0;
  workshop.answer = async ({ subject }) => {
    asked += 1;
    assert.equal(subject.birthday, '1991-02-03');
    return SOUND;
  };
  await workOnCase(workshop.deps, claimed);
  assert.deepEqual([asked, (await api.entry(id)).status], [0, 'pending']);
  await workshop.work();
  assert.deepEqual([asked, (await api.entry(id)).status], [1, 'approved']);
});

test('kyc 63 a report that comes later counts for the revision that it names, once', async () => {
  const { id } = await api.create();
  const calls: { submission: KycSubmission; context: KycContext }[] = [];
  workshop.answer = async (submission, context) => {
    calls.push({ submission, context });
    return { ...SOUND, state: 'pending', externalRef: 'theirs' };
  };
  await workshop.work();
  await changeHere(id);
  await workshop.work();
  const [old, current] = calls;
  assert.ok(old !== undefined && current !== undefined && calls.length === 2);
  const report = async ({ submission, context }: typeof old, state: 'approved' | 'rejected') => {
    await context.report(submission.verificationId, submission.revision, { ...SOUND, state });
    return (await api.entry(id)).status;
  };
  assert.equal(await report(old, 'rejected'), 'pending');
  assert.equal(await report(current, 'approved'), 'approved');
  assert.equal(await report(old, 'rejected'), 'approved');
  assert.equal(await decisions(current.submission.verificationId), 1);
  assert.equal(await report(current, 'approved'), 'approved');
  assert.equal(await decisions(current.submission.verificationId), 1);
  assert.equal(await report(current, 'rejected'), 'rejected', 'a provider may revoke');
  const { identityConfirmed } = await api.identity(id);
  assert.deepEqual([identityConfirmed, await api.operationStatuses(id)], [true, ['inactive']]);
});

test('kyc 55 a provider that throws keeps the case pending, and its pauses get longer', async () => {
  const { id } = await api.create();
  let asked = 0;
  workshop.answer = async () => {
    asked += 1;
    throw new Error('down');
  };
  for (const [pause, times] of [
    [0, 1],
    [59, 1],
    [1, 2],
    [119, 2],
    [1, 3],
    [240, 4],
  ] as const) {
    api.clock.advance(pause);
    await workshop.work();
    assert.equal(asked, times);
  }
  assert.equal(workshop.faults.splice(0).length, 4);
  assert.equal((await api.entry(id)).status, 'pending');
  workshop.answer = async () => SOUND;
  api.clock.advance(480);
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'approved');
});

test('an approval with a high risk is left to a person', async () => {
  const { id } = await api.create();
  workshop.answer = async () => ({ ...SOUND, risk: 'high' });
  await workshop.work();
  const { kycStatus, riskRating, identityConfirmed } = await api.identity(id);
  assert.deepEqual(
    [kycStatus[0].status, kycStatus[0].exceptions, riskRating, identityConfirmed],
    ['exception', ['manual_review_required'], 'high', false],
  );
});

test('kyc 61 a report that blocks blocks the identity, and all it may do', async () => {
  const { id } = await api.create();
  workshop.answer = async () => ({ ...SOUND, block: true });
  await workshop.work();
  assert.equal((await api.identity(id)).blocked, true);
  assert.deepEqual(await api.operationStatuses(id), ['blocked']);
});

for (const state of ['pending', 'expired'] as const)
  test(`kyc 61 a report that blocks does so although it says ${state}, and decides nothing else`, async () => {
    const { id } = await api.create();
    const reports: ((report: KycReport) => Promise<void>)[] = [];
    workshop.answer = async ({ verificationId, revision }, { report }) => {
      reports.push((later) => report(verificationId, revision, later));
      return state === 'pending' ? { ...SOUND, state, block: true } : SOUND;
    };
    await workshop.work();
    await reports[0]?.({ ...SOUND, state, block: true });
    const { blocked, kycStatus } = await api.identity(id);
    assert.deepEqual([blocked, kycStatus[0].status], [true, state]);
    assert.deepEqual(await api.operationStatuses(id), ['blocked']);
    await api.call('POST', `/review/identities/${id}/unblock`);
    await reports[0]?.({ ...SOUND, state: state === 'pending' ? 'expired' : 'pending', block: true });
    assert.equal((await api.identity(id)).blocked, false, 'nor does one that comes too late block');
    assert.deepEqual(workshop.faults, []);
  });

test('what a process that died had claimed is taken over when its lease ends, and not before', async () => {
  const { id } = await api.create();
  await claim(id);
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'pending');
  api.clock.advance(LEASE_SECONDS - 1);
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'pending');
  api.clock.advance(1);
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'approved');
});

test('who works on beyond his lease decides nothing a second time', async () => {
  const { id } = await api.create();
  const claimed = await claim(id);
  const { asked, answer } = slowly();
  const slow = workOnCase(workshop.deps, claimed);
  await asked;
  api.clock.advance(LEASE_SECONDS);
  workshop.answer = async () => ({ ...SOUND, state: 'exception', exceptions: ['missing_document'] });
  await workshop.work();
  const decided: Shown = await api.entry(id);
  assert.equal(decided.status, 'exception');
  answer();
  await slow;
  assert.deepEqual(await api.entry(id), decided);
  assert.equal(await decisions(decided.verificationId), 1);
});

test('a case that was given back by nobody but its claim’s holder is not given back', async () => {
  const { id } = await api.create(person());
  const first = await claim(id);
  api.clock.advance(LEASE_SECONDS);
  const second = await claim(id);
  await workshop.deps.cases.releaseTask(first, { attempts: 0, dueAt: api.clock.now(), task: 'submit' });
  await workshop.work();
  assert.equal((await api.entry(id)).status, 'pending', 'the second one still holds it');
  await workOnCase(workshop.deps, second);
  assert.equal((await api.entry(id)).status, 'approved');
});
