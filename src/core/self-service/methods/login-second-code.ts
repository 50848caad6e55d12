import { InternalFault } from '../../errors.ts';
import { openIamRecord } from '../../iam/record.ts';
import { normaliseIdentifier } from '../../traits/normalise-identifier.ts';
import { offerOf } from '../begin-flow.ts';
import { secondFactorAddresses } from '../code-addresses.ts';
import type { Outcome } from '../outcome.ts';
import { refuseMethod, refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { sendLoginCode, sentToOf, takeLoginCode } from './login-code-steps.ts';

const CODE = { method: 'code', aal: 'aal2' } as const;

/**
 * Raises a visitor's session by a code that is sent to an address of theirs: in one step they choose the address, in the
 * next the code comes back.
 *
 * @throws LockedOut
 * @see Contract iam 6.3, `{method, address}`; 6.4.
 */
export function loginBySecondCode(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { visitor, flow } = submission;
  if (visitor === null) throw new InternalFault('a second factor without a session');
  const sentTo = flow.state === 'sent_email' ? sentToOf(submission) : null;
  const code = textOf(submission, 'code');
  const isResent = textOf(submission, 'resend') !== undefined;
  const address = textOf(submission, 'address');
  if (sentTo === null || address !== undefined || isResent || code === undefined)
    return sendTo(deps, submission, address ?? textOf(submission, 'identifier') ?? sentTo?.identifier);
  // By identity: who guesses here has the first factor.
  const counted = `code:${visitor.identity.stored.id}`;
  return takeLoginCode(deps, submission, { sentTo, code, method: CODE, counted });
}

async function sendTo(deps: FlowDeps, submission: Submission, typed: string | undefined): Promise<Outcome> {
  const { visitor } = submission;
  if (visitor === null || typed === undefined) return refuseMethod(deps, submission);
  const { offered } = await offerOf(deps, submission);
  const person = await openIamRecord(deps, visitor.identity.stored);
  const identifier = normaliseIdentifier(deps.phones, typed);
  const sentTo = secondFactorAddresses(offered, person.derived).find((one) => one.identifier === identifier);
  if (sentTo === undefined) return refuseWith(deps, submission, [sayText(4010010)], 'code');
  return sendLoginCode(deps, submission, { identityId: person.stored.id, sentTo });
}
