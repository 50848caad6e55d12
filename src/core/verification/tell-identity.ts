import type { Deps } from '../deps.ts';
import { externalRefClaim } from '../identities/claims.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { EMPTY_PROFILE } from '../identities/profile.ts';
import type { Changing } from '../identities/revision.ts';
import type { Standing } from '../identities/standing.ts';
import { isOpenStatus } from '../identities/view.ts';
import { type CaseWrite, casesAfter, standingWithCases } from '../kyc/case-effects.ts';
import type { StoredCase } from '../kyc/case-ports.ts';
import { endVerification } from '../kyc/case-verifications.ts';
import { factsRevisionOf } from '../kyc/facts-revision.ts';
import { newlyActive, operationsOf } from '../kyc/operations.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { requireOpenPool } from '../pools/require-open-pool.ts';
import type { ActingContext, IdentityId, PoolVault } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { changeWithin, createWithin, openWithin, tryAgain } from '../records.ts';
import { firstStanding } from './config.ts';
import type { Decision } from './decision.ts';
import { isMerged } from './find-record.ts';
import type { StoredVerification } from './ports.ts';
import { type Ended, effectsOf, type LinkingOutcome } from './session-effects.ts';
import type { VerificationResult } from './verification-content.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>;

/** The identity that a verification is about: open for a change, closed to it, or not there yet. */
export type Subject =
  | { readonly changing: Changing; readonly cases: readonly StoredCase[] }
  | 'closed'
  | null;

/** What an identity hears of a decision. */
export interface Told {
  readonly stored: StoredVerification;
  readonly subject: Subject;
  readonly decision: Decision;
  readonly result: VerificationResult | null;
  readonly at: Date;
}

export interface Outcome {
  /** The identity that the verification counts for from now on; null: none. */
  readonly identityId: IdentityId | null;
  /** Operations that the decision opened (contract kyc 3.10). */
  readonly operations: ReturnType<typeof newlyActive>;
}

export async function findSubject(
  tx: RecordStores,
  deps: Needs,
  vault: PoolVault,
  { poolId, identityId, externalRef }: StoredVerification,
  decision: Decision,
): Promise<Subject> {
  const id = identityId ?? decision.identityId ?? null;
  let found: StoredIdentity | null = null;
  if (id !== null) {
    found = await tx.identities.findIdentity(poolId, id);
    if (found === null) return 'closed';
  } else if (externalRef !== null) {
    found = await tx.identities.findByClaim(poolId, externalRefClaim(vault, externalRef));
  }
  if (found === null) return externalRef === null ? 'closed' : null;
  if (!isOpenStatus(found.status) || isMerged(found)) return 'closed';
  return { changing: openWithin(deps, found), cases: await tx.cases.listCases(poolId, [found.id]) };
}

/** Whether the decision, made already, still has something to tell its own case: one that expired, say. */
export function hasCaseToTell(input: Told, config: PoolConfig): boolean {
  const { subject, stored } = input;
  if (subject === null || subject === 'closed') return false;
  const isOwn = subject.cases.some(({ verificationId }) => verificationId === stored.id);
  return isOwn && caseWrites(input, config, subject.changing.stored.id).length > 0;
}

/**
 * Tells the identity of a decision, and its cases (R5): what was read, its status and counts, the risk. An identity that
 * is not there yet is made.
 */
export async function tellIdentity(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  input: Told & { readonly config: PoolConfig; readonly vault: PoolVault },
): Promise<Outcome> {
  const { config, stored, subject } = input;
  if (subject === 'closed') return { identityId: stored.identityId, operations: [] };
  if (subject === null && !isLinking(input.decision.outcome)) return { identityId: null, operations: [] };
  const identityId = subject?.changing.stored.id ?? (deps.ids.next() as IdentityId);
  const writes = caseWrites(input, config, identityId);
  const before = subject?.changing.stored.standing ?? {};
  const standing =
    subject === null
      ? await createSubject(tx, deps, context, { ...input, identityId, writes })
      : await changeSubject(tx, deps, context, { ...input, subject, writes });
  const cases = subject?.cases ?? [];
  for (const { kycCase, version } of writes) {
    const former = cases.find(({ provider }) => provider === kycCase.provider);
    // What was asked before is answered by this: nobody waits for it any more.
    if (former !== undefined && former.verificationId !== kycCase.verificationId)
      await endVerification(tx, deps, context, former);
    if ((await tx.cases.putCase(kycCase, version)) === 'stale') tryAgain();
  }
  const changed = writes.map(({ kycCase }) => kycCase);
  const kept = cases.filter(({ provider }) => !changed.some((one) => one.provider === provider));
  const operations = newlyActive(
    operationsOf(config.kyc, before, cases),
    operationsOf(config.kyc, standing, [...kept, ...changed]),
  );
  return { identityId: isLinking(input.decision.outcome) ? identityId : stored.identityId, operations };
}

/** Outcomes that an identity hears of. */
export function isLinking(outcome: Decision['outcome']): outcome is LinkingOutcome {
  return outcome === 'approved' || outcome === 'rejected' || outcome === 'failed';
}

function caseWrites(
  { stored, subject, decision, at }: Told,
  { kyc }: PoolConfig,
  identityId: IdentityId,
): CaseWrite[] {
  if (!('findings' in decision)) return [];
  const open = subject === 'closed' ? null : subject;
  return casesAfter(kyc, open?.cases ?? [], {
    ...{ poolId: stored.poolId, identityId, verificationId: stored.id, at },
    state: decision.outcome === 'needs_review' ? 'exception' : decision.outcome,
    report: decision.report ?? { exceptions: [] },
    revision: open === null ? 0 : factsRevisionOf(open.changing.stored.standing),
  });
}

function endedOf({ stored, result, at }: Told, outcome: LinkingOutcome): Ended {
  const { provider, isCounted } = stored.facts;
  const isFirst = stored.identityId === null || (provider !== undefined && isCounted !== true);
  return { id: stored.id, outcome, result, at, isFirst };
}

function blocksOf({ decision }: Told): boolean {
  return 'findings' in decision && decision.report?.block === true;
}

/** @returns Its standing afterwards. */
async function changeSubject(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  input: Told & {
    readonly subject: Exclude<Subject, 'closed' | null>;
    readonly writes: readonly CaseWrite[];
  },
): Promise<Standing> {
  const { changing, cases } = input.subject;
  const { outcome } = input.decision;
  const { schemaId, standing: before } = changing.stored;
  const record = { schemaId, profile: changing.profile, standing: before };
  const effects = isLinking(outcome)
    ? effectsOf(changing.config, record, endedOf(input, outcome), () => deps.ids.next())
    : { ...record, fields: [] };
  const standing = standingWithCases(effects.standing, cases, input.writes, blocksOf(input));
  const fields = [...effects.fields, ...caseFields(before, standing)];
  if (fields.length === 0 && input.writes.length === 0) return before;
  const after = await changeWithin(tx, deps, context, changing, {
    ...{ action: 'identity.updated', claims: 'if-free', profile: effects.profile, standing },
    // A case is a part of the record as the kyc surface shows it.
    fields: input.writes.length === 0 ? fields : [...fields, 'kyc_status'],
  });
  return after.stored.standing;
}

function caseFields(before: Standing, after: Standing): string[] {
  return [
    ...(before.riskRating === after.riskRating ? [] : ['risk_rating']),
    ...(before.blocked === after.blocked ? [] : ['blocked']),
  ];
}

async function createSubject(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  input: Told & {
    readonly config: PoolConfig;
    readonly vault: PoolVault;
    readonly identityId: IdentityId;
    readonly writes: readonly CaseWrite[];
  },
): Promise<Standing> {
  const { config, vault, stored, identityId, decision } = input;
  requireOpenPool(config);
  const schemaId = config.defaultSchemaId;
  const { externalRef } = stored;
  const first = { ...firstStanding(config.verification), ...(externalRef === null ? {} : { externalRef }) };
  const record = { schemaId, profile: EMPTY_PROFILE, standing: first };
  if (!isLinking(decision.outcome)) return first;
  const effects = effectsOf(config, record, endedOf(input, decision.outcome), () => deps.ids.next());
  const standing = standingWithCases(effects.standing, [], input.writes, blocksOf(input));
  const draft = { profile: effects.profile, standing, fields: ['external_ref', ...effects.fields] };
  const drafting = { config, vault, schemaId };
  await createWithin(tx, deps, context, { drafting, draft, id: identityId });
  return standing;
}
