import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { ActingContext, IdentityId, PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { heldWithin, openWithin, tryAgain } from '../records.ts';
import { type CompleteNeeds, decideWithin } from '../verification/complete-verification.ts';
import type { Decision } from '../verification/decision.ts';
import { blockByReport, changeCasesOf } from './case-changes.ts';
import type { CaseReport, CaseState } from './case-effects.ts';
import type { KycCase, StoredCase } from './case-ports.ts';
import { changeVerification, findVerification } from './case-verifications.ts';
import { factsRevisionOf } from './facts-revision.ts';
import { cancelCase, replaceVerification, submitAnew } from './open-cases.ts';
import { type KycReport, OWNER_NOT_VERIFIED } from './provider.ts';

export type DecideCaseNeeds = CompleteNeeds;

/** What became of a provider's verdict. `late`: it is about older facts, or somebody else was first; nothing changed. */
export type VerdictOutcome = 'counted' | 'late';

const OUTCOMES = { approved: 'approved', rejected: 'rejected', exception: 'needs_review' } as const;

/**
 * Counts a provider's report, within `together`. It counts once, and only for the verification and the facts that it is
 * about; a report about older facts has the case submitted anew, and so has one that misses an approval of the owner which
 * has come meanwhile. An approval with a high risk is left to a person.
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
  if (identity === null || !isVisible(identity)) {
    await cancelCase(tx, deps, context, found);
    return 'late';
  }
  if (factsRevisionOf(identity.standing) !== revision) {
    await submitAnew(tx, deps, context, openWithin(deps, identity), found);
    return 'late';
  }
  const { state } = report;
  if (state === 'pending' || state === 'expired') {
    if (found.state !== (state === 'pending' ? 'pending' : 'approved')) return 'late';
    const blocked = report.block === true ? await blockByReport(tx, deps, context, identity) : identity;
    return state === 'pending'
      ? waitForReport(tx, found, report)
      : expireCase(tx, deps, context, found, blocked);
  }
  if (!mayBecome(found, state)) return 'late';
  if (report.exceptions.includes(OWNER_NOT_VERIFIED) && (await isOwnerApprovedSince(tx, found, identity))) {
    const changed = await changeCasesOf(tx, deps, context, identity);
    await replaceVerification(tx, deps, context, changed, found);
    return 'late';
  }
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

/**
 * Whether the owner's own case was approved after this one was submitted. The owner is held until the transaction ends:
 * an approval that this one does not see comes after it, and finds what it wrote.
 */
async function isOwnerApprovedSince(
  tx: Pick<RecordStores, 'cases' | 'kycIdentities'>,
  { poolId, provider, updatedAt }: StoredCase,
  { standing: { identityOwner } }: StoredIdentity,
): Promise<boolean> {
  if (identityOwner === undefined) return false;
  await tx.kycIdentities.holdOwner(poolId, identityOwner);
  const own = await tx.cases.findCase(poolId, identityOwner, provider);
  return own?.state === 'approved' && own.updatedAt.getTime() > updatedAt.getTime();
}

/**
 * Decides a case and its verification, whoever decided (R5), within `together`.
 * @param before As it was read, and found to be open to this decision. What somebody else decided since is not overruled.
 * @throws WrongState The verification is redacted.
 */
export async function decideWithState(
  tx: RecordStores,
  deps: DecideCaseNeeds,
  context: ActingContext,
  before: StoredCase,
  { state, report, processingMode }: { state: CaseState; report: CaseReport; processingMode: string },
): Promise<void> {
  const { poolId, identityId, provider, verificationId, version } = before;
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
  let found = 0;
  const { stored } = await decideWithin(tx, deps, context, verificationId, (opened) => {
    found = opened.stored.version;
    return decision;
  });
  // It is as it was judged but for what this wrote; or somebody else was first.
  const written = stored.version > found ? 1 : 0;
  const after = await tx.cases.findCase(poolId, identityId, provider);
  if (after === null || after.version > version + written) tryAgain();
}

/** Nothing that is shown changes: neither does the time of it. */
async function waitForReport(
  tx: Pick<RecordStores, 'cases'>,
  found: StoredCase,
  { externalRef }: KycReport,
): Promise<VerdictOutcome> {
  const kycCase: KycCase = {
    ...found,
    ...{ externalRef: externalRef ?? found.externalRef, task: null, dueAt: null },
  };
  if ((await tx.cases.putCase(kycCase, found.version)) === 'stale') tryAgain();
  return 'counted';
}

/**
 * Evidence does not hold any more; what was confirmed stays so (contract kyc 4.2; statement 64). Of a record that is
 * closed, or whose pool is, the case alone is written.
 *
 * @param identity As it was read in this transaction.
 */
export async function expireCase(
  tx: RecordStores,
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>,
  context: ActingContext,
  found: StoredCase,
  identity: StoredIdentity | null,
): Promise<VerdictOutcome> {
  if (found.state !== 'approved') return 'late';
  if (identity !== null && isVisible(identity) && isPoolOpen(deps, identity)) {
    await changeCasesOf(tx, deps, context, identity);
    const verification = await findVerification(tx, found);
    if (verification.redactedAt === null)
      await changeVerification(tx, deps, context, verification, {
        ...{ type: 'session.updated', fields: ['valid_until'] },
      });
  }
  const updatedAt = deps.clock.now();
  const kycCase: KycCase = { ...found, state: 'expired', updatedAt, task: null, dueAt: null };
  if ((await tx.cases.putCase(kycCase, found.version)) === 'stale') tryAgain();
  return 'counted';
}

function isPoolOpen(
  deps: Pick<Deps, 'configs' | 'vault'>,
  { poolId, configVersion }: StoredIdentity,
): boolean {
  return heldWithin(deps, poolId, configVersion).config.isOpen;
}
