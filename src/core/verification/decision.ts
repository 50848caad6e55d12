import type { CaseReport } from '../kyc/case-effects.ts';
import type { IdentityId } from '../ports.ts';
import { ACTIVE_STATUSES, type StoredVerification } from './ports.ts';
import type { Findings } from './result.ts';

/** What becomes of a verification, whoever decided it: a simulation, a reviewer, a provider. */
export type Decision =
  | {
      readonly outcome: 'approved' | 'rejected' | 'needs_review';
      readonly findings: Findings;
      /** The identity that it is about, where that is known without a reference. */
      readonly identityId?: IdentityId;
      /** What the deciding provider, or who decided in its place, tells beside that. */
      readonly report?: CaseReport;
    }
  | { readonly outcome: 'failed' | 'expired'; readonly identityId?: IdentityId };

/** Whether a verification is still to be decided. */
export function isActive({ status }: Pick<StoredVerification, 'status'>): boolean {
  return (ACTIVE_STATUSES as readonly string[]).includes(status);
}
