import type { Standing } from '../identities/standing.ts';
import { standingOf } from '../identities/standing.ts';
import type { VerificationId } from '../verification/ports.ts';
import type { KycCase, StoredCase } from './case-ports.ts';
import { enabledProviders, type KycConfig } from './config.ts';
import { highestRisk } from './operations.ts';
import type { KycReport, KycState } from './provider.ts';

/** How a verification was decided, in the words of a case. */
export type CaseState = Extract<KycState, 'approved' | 'rejected' | 'exception'>;

/** What a decision tells beside its outcome; whoever decides without a provider's report leaves it out. */
export type CaseReport = Pick<KycReport, 'exceptions'> & Partial<Omit<KycReport, 'exceptions' | 'state'>>;

/** A case as it will be, and the version that it was computed from; null: it is a new one. */
export interface CaseWrite {
  readonly kycCase: KycCase;
  readonly version: number | null;
}

/**
 * What the decision of a verification makes of its identity's cases (R5): of its own case where it has one, else of the
 * cases at all enabled providers, since it was decided elsewhere and counts everywhere. Approvals of elsewhere count
 * only where they are final: a verification that waits for a person changes no other case.
 *
 * @returns Only what changes.
 */
export function casesAfter(
  config: KycConfig,
  cases: readonly StoredCase[],
  decided: {
    verificationId: VerificationId;
    poolId: KycCase['poolId'];
    identityId: KycCase['identityId'];
    state: CaseState;
    report: CaseReport;
    revision: number;
    at: Date;
  },
): CaseWrite[] {
  const { verificationId, state } = decided;
  const own = cases.find((one) => one.verificationId === verificationId);
  if (own !== undefined)
    return isSettled(own, decided) ? [] : [{ kycCase: after(own, decided), version: own.version }];
  if (state === 'exception') return [];
  return enabledProviders(config).flatMap(({ slug: provider }): CaseWrite[] => {
    const known = cases.find((one) => one.provider === provider);
    if (known !== undefined && known.state === state) return [];
    const kycCase = after(known ?? newCase(provider, decided), { ...decided, report: { exceptions: [] } });
    return [{ kycCase, version: known?.version ?? null }];
  });
}

type Decided = Parameters<typeof casesAfter>[2];

function isSettled(own: StoredCase, { state, report }: Decided): boolean {
  return own.state === state && own.exceptions.join() === report.exceptions.join();
}

function newCase(provider: string, { poolId, identityId, verificationId, revision, at }: Decided): KycCase {
  return {
    ...{ poolId, identityId, provider, verificationId, revision },
    ...{ state: 'pending', exceptions: [], checks: [], risk: null, validUntil: null, externalRef: null },
    ...{ task: null, dueAt: null, createdAt: at, updatedAt: at },
  };
}

function after(before: KycCase, { verificationId, state, report, revision, at }: Decided): KycCase {
  return {
    ...before,
    ...{ state, verificationId, revision, updatedAt: at },
    // Whether there are any companies is looked up when the task is done, whoever decided and on which surface.
    ...(state === 'approved' ? { task: 'companies', dueAt: at } : { task: null, dueAt: null }),
    exceptions: [...new Set(report.exceptions)].sort(),
    checks: report.checks ?? before.checks,
    risk: report.risk === undefined ? before.risk : report.risk,
    validUntil: report.validUntil ?? null,
    externalRef: report.externalRef ?? before.externalRef,
  };
}

/** The standing with what cases say of it: the highest risk, and a block where one was asked for. */
export function standingWithCases(
  before: Standing,
  cases: readonly StoredCase[],
  writes: readonly CaseWrite[],
  blocks: boolean,
): Standing {
  if (writes.length === 0 && !blocks) return before;
  const risks = new Map(cases.map(({ provider, risk }) => [provider, risk]));
  for (const { kycCase } of writes) risks.set(kycCase.provider, kycCase.risk);
  const riskRating = highestRisk([...risks.values()]) ?? undefined;
  return standingOf({ ...before, riskRating, blocked: blocks ? true : before.blocked });
}
