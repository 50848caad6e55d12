import { NotPermitted, WrongState } from '../errors.ts';
import type { Principal, RequestContext } from '../ports.ts';
import { type CompleteNeeds, completeVerification } from './complete-verification.ts';
import type { Decision } from './decision.ts';
import { isActive } from './decision.ts';
import type { VerificationId } from './ports.ts';
import type { Findings } from './result.ts';
import type { OpenedVerification } from './verification-content.ts';

export const SIMULATE_ACTIONS = ['approve', 'decline', 'require-review', 'expire'] as const;
export type SimulateAction = (typeof SIMULATE_ACTIONS)[number];

/** The evidence that was never shown agrees with what the record says. */
const FOUND: Findings = {
  faceMatch: { score: 1, strictness: 'standard' },
  extracted: 'as-known',
  rejectionReason: null,
  processingMode: 'simulated',
};

const DECISIONS: Readonly<Record<SimulateAction, Decision>> = {
  approve: { outcome: 'approved', findings: FOUND },
  decline: {
    outcome: 'rejected',
    findings: {
      ...FOUND,
      faceMatch: { score: 0, strictness: 'standard' },
      rejectionReason: 'The verification was declined in a simulation.',
    },
  },
  'require-review': { outcome: 'needs_review', findings: { ...FOUND, faceMatch: null } },
  expire: { outcome: 'expired' },
};

/** @throws NotPermitted The key is a live one: nothing is simulated among real people. */
export function requireSandbox({ environment }: Pick<Principal, 'environment'>): void {
  if (environment !== 'sandbox') throw new NotPermitted('simulation with a live key');
}

/**
 * Decides a sandbox session as its caller says, with a result, events and everything else that a real decision has. Of
 * two at once one decides.
 *
 * @throws NotPermitted A live key. @throws NotFound @throws WrongState It has ended, or is redacted.
 * @see Contract verification 5.1.
 */
export async function simulateSession(
  deps: CompleteNeeds,
  context: RequestContext,
  id: VerificationId,
  action: SimulateAction,
): Promise<OpenedVerification> {
  requireSandbox(context.principal);
  return completeVerification(deps, context, id, ({ stored }) => {
    if (!isActive(stored)) throw new WrongState(`The session is ${stored.status}.`);
    return DECISIONS[action];
  });
}
