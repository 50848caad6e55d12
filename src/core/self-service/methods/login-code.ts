import { offerOf } from '../begin-flow.ts';
import { codeAddress } from '../code-addresses.ts';
import { type Attempt, checkAllowed, recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseWith } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { sendLoginCode, sentToOf, takeLoginCode } from './login-code-steps.ts';
import { findPerson } from './person.ts';

const CODE = { method: 'code', aal: 'aal1' } as const;

/**
 * Signs in by a code that is sent to an address: in one step the code goes out, in the next it comes back.
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "Code login".
 */
export function loginByCode(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const sentTo = submission.flow.state === 'sent_email' ? sentToOf(submission) : null;
  const code = textOf(submission, 'code');
  const isResent = textOf(submission, 'resend') !== undefined;
  if (sentTo === null || code === undefined || isResent) return sendCode(deps, submission);
  return takeLoginCode(deps, submission, { sentTo, code, method: CODE, counted: sentTo.identifier });
}

async function sendCode(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const text = textOf(submission, 'identifier') ?? sentToOf(submission)?.identifier;
  if (text === undefined) {
    const missing = sayText(4000002, { property: 'identifier' });
    return refuse(deps, submission, (ui) => withNodeMessage(ui, 'identifier', missing), { active: 'code' });
  }
  const { poolId, address } = submission;
  const { offered } = await offerOf(deps, submission);
  const { identifier, person } = await findPerson(deps, { poolId, identifier: text, type: 'code' });
  const attempt: Attempt = { poolId, vault: await deps.vault.pool(poolId), identifier, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const sentTo = person === null || identifier === null ? null : codeAddress(person.derived, identifier);
  if (person === null || sentTo === null) {
    // Asking for one name after the other is guessing too.
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4000035)], 'code');
  }
  return sendLoginCode(deps, submission, { identityId: person.stored.id, sentTo });
}
