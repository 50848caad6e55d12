import type { Deps } from '../deps.ts';
import type { ActingContext, IdentityId, PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { openWithin, tryAgain } from '../records.ts';
import { type CompleteNeeds, decideWithin } from '../verification/complete-verification.ts';
import type { Decision } from '../verification/decision.ts';
import type { CaseReport, CaseState } from './case-effects.ts';
import type { KycCase, StoredCase } from './case-ports.ts';
import { factsRevisionOf } from './facts-revision.ts';
import { isKycVisible } from './find-identity.ts';
import { cancelCase, submitAnew } from './open-cases.ts';
import type { KycReport } from './provider.ts';

export type DecideCaseNeeds = CompleteNeeds;

/** What became of a provider's verdict. `late`: it is about older facts, or somebody else was first; nothing changed. */
export type VerdictOutcome = 'counted' | 'late';

const OUTCOMES = { approved: 'approved', rejected: 'rejected', exception: 'needs_review' } as const;

/**
 * Counts a provider's report, within `together`. It counts once, and only for the verification and the facts that it is
 * about; a report about older facts has the case submitted anew. An approval with a high risk is left to a person.
 *
 * @see Contract kyc 4.2; statements 63, 64; DESIGN R5.
 */
export async function countReport(
  tx: RecordStores,
  deps: DecideCaseNeeds,
  context: ActingContext,
  about: {
    poolId: PoolId;
    identityId: IdentityId;
    provider: string;
    verificationId: string;
    revision: number;
  },
  report: KycReport,
): Promise<VerdictOutcome> {
  const { poolId, identityId, provider, verificationId, revision } = about;
  const found = await tx.cases.findCase(poolId, identityId, provider);
  if (found === null || found.verificationId !== verificationId || found.revision !== revision) return 'late';
  const identity = await tx.identities.findIdentity(poolId, identityId);
  if (identity === null || !isKycVisible(identity)) {
    await cancelCase(tx, deps, context, found);
    return 'late';
  }
  if (factsRevisionOf(identity.standing) !== revision) {
    await submitAnew(tx, deps, context, openWithin(deps, identity), found);
    return 'late';
  }
  const { state } = report;
  if (state === 'pending') return waitForReport(tx, deps, found, report);
  if (state === 'expired') return expireCase(tx, deps, found);
  if (!mayBecome(found, state)) return 'late';
  const isLeft = state === 'approved' && report.risk === 'high';
  await decideWithState(tx, deps, context, found, {
    state: isLeft ? 'exception' : state,
    report: isLeft ? { ...report, exceptions: [...report.exceptions, 'manual_review_required'] } : report,
    processingMode: provider,
  });
  return 'counted';
}

/** Verdicts of providers; sandboxes and reviewers may turn a rejection as well (contract kyc 4.2). */
function mayBecome({ state: from }: StoredCase, to: CaseState): boolean {
  return from === 'pending' || (from === 'approved' && to === 'rejected');
}

/** Decides a case and its verification, whoever decided (R5). @throws WrongState The verification is redacted. */
export async function decideWithState(
  tx: RecordStores,
  deps: DecideCaseNeeds,
  context: ActingContext,
  { identityId, verificationId }: StoredCase,
  { state, report, processingMode }: { state: CaseState; report: CaseReport; processingMode: string },
): Promise<void> {
  const exceptions = [...new Set(report.exceptions)].sort();
  const decision: Decision = {
    outcome: OUTCOMES[state],
    identityId,
    findings: {
      faceMatch: null,
      extracted: state === 'approved' ? 'as-known' : new Map(),
      rejectionReason: exceptions[0] ?? null,
      processingMode,
    },
    report: { ...report, exceptions },
  };
  await decideWithin(tx, deps, context, verificationId, () => decision);
}

async function waitForReport(
  tx: RecordStores,
  { clock }: Pick<Deps, 'clock'>,
  found: StoredCase,
  { externalRef }: KycReport,
): Promise<VerdictOutcome> {
  if (found.state !== 'pending') return 'late';
  const kycCase: KycCase = {
    ...found,
    ...{ externalRef: externalRef ?? found.externalRef, task: null, dueAt: null, updatedAt: clock.now() },
  };
  if ((await tx.cases.putCase(kycCase, found.version)) === 'stale') tryAgain();
  return 'counted';
}

/** Evidence does not hold any more; what was confirmed stays so (contract kyc 4.2; statement 64). */
export async function expireCase(
  tx: Pick<RecordStores, 'cases'>,
  { clock }: Pick<Deps, 'clock'>,
  found: StoredCase,
): Promise<VerdictOutcome> {
  if (found.state !== 'approved') return 'late';
  const kycCase: KycCase = { ...found, state: 'expired', updatedAt: clock.now(), task: null, dueAt: null };
  if ((await tx.cases.putCase(kycCase, found.version)) === 'stale') tryAgain();
  return 'counted';
}
