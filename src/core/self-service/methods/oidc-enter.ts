import type { IamRecord } from '../../iam/record.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { Arrival } from '../arrival.ts';
import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuseWith } from '../show-again.ts';
import { closeExchange } from '../token-exchange.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { offerLink } from './link-account.ts';
import { refuseSignIn } from './login-password.ts';
import { findByAccount, hasAccount, methodOf, provedProfile } from './oidc-account.ts';
import { registerAccount } from './oidc-register.ts';
import type { Taken } from './register.ts';
import { type Judgement, signIn } from './sign-in.ts';

/**
 * Lets somebody in by an account at a provider, out of a login or a registration: whose account it is signs in, somebody
 * new signs up. Nobody is taken for another identity because of an address that both have.
 *
 * @see Contract iam 6.4; DESIGN R3, R4.
 */
export async function enterByAccount(
  deps: FlowDeps,
  submission: Submission,
  arrival: Arrival,
): Promise<Outcome> {
  const person = await findByAccount(deps, submission, arrival);
  if (person !== null) return signInByAccount(deps, submission, { arrival, person });
  if (submission.flow.refresh) return refuseWith(deps, submission, [sayText(4010009)], 'oidc');
  const { offered } = await offerOf(deps, submission);
  if (!offered.enabled.registration) return refuseWith(deps, submission, [sayText(4000037)], 'oidc');
  const whenTaken = (taken: Taken) => enterAnother(deps, submission, { arrival, taken });
  return registerAccount(deps, submission, { arrival, whenTaken });
}

async function signInByAccount(
  deps: FlowDeps,
  submission: Submission,
  { arrival, person }: { arrival: Arrival; person: IamRecord },
): Promise<Outcome> {
  const isForNative = arrival.isByBrowser && submission.flow.type === 'api';
  const outcome = await signIn(deps, submission, {
    ...{ identityId: person.stored.id, method: methodOf(arrival) },
    judge: (record) => judgeAccount(deps, record, arrival),
    also: async (tx, { token }) => (isForNative ? closeExchange(tx, deps, submission.flow, token) : []),
  });
  if (outcome.kind === 'signed_in') return outcome;
  return refuseSignIn(deps, submission, outcome, 'oidc');
}

/** The provider may have seen an address of theirs in the meantime (R4). */
function judgeAccount(deps: FlowDeps, record: IamRecord, arrival: Arrival): Judgement<'unlinked'> {
  if (!hasAccount(record, arrival)) return { is: 'unlinked' };
  const profile = provedProfile(deps, record, arrival);
  return profile === null ? { is: 'good' } : { is: 'good', fields: ['addresses'], profile };
}

/** Somebody was faster: themselves, in another window, or another identity with the same address. */
async function enterAnother(
  deps: FlowDeps,
  submission: Submission,
  { arrival, taken }: { arrival: Arrival; taken: Taken },
): Promise<Outcome> {
  const person = await findByAccount(deps, submission, arrival);
  if (person !== null) return signInByAccount(deps, submission, { arrival, person });
  const { holder, identifier } = taken;
  const stored = await deps.identities.findIdentity(submission.poolId, holder);
  if (stored === null || !isVisible(stored) || identifier === null)
    return refuseWith(deps, submission, [sayText(4000007)], 'oidc');
  return offerLink(deps, submission, { arrival, holder, identifier });
}
