import { isSameJson } from '../../../kit/same-json.ts';
import { queueMessage } from '../../courier/queue-message.ts';
import { together } from '../../records.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { type Offer, offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import { issueCode, useCode } from '../codes.ts';
import { checkAllowed, recordFailure } from '../lockout.ts';
import { type Outcome, refused } from '../outcome.ts';
import { countSend } from '../send-limit.ts';
import { formAgain, refuse, refuseWith } from '../show-again.ts';
import { withMessage, withViolations } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { TOO_MANY } from './login-code-steps.ts';
import { claimsOf, draftPerson } from './new-person.ts';
import { register } from './register.ts';
import { sentCodeNodes } from './registration-nodes.ts';
import { fieldsOf, traitsOf } from './registration-traits.ts';

const CODE = { method: 'code', aal: 'aal1' } as const;
const MINUTE_SECONDS = 60;

/** Kept between the two steps. */
interface Kept {
  readonly traits: unknown;
  readonly sentTo: readonly DerivedAddress[];
}

/**
 * Signs up by traits and a code that goes to the addresses in them: in one step it goes out, in the next it comes back.
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "Registration code".
 */
export async function registerByCode(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const offer = await offerOf(deps, submission);
  const { flow } = submission;
  const { traits: kept, sentTo } = flow.content.data as Partial<Kept>;
  const code = textOf(submission, 'code');
  const isResent = textOf(submission, 'resend') !== undefined;
  const traits = traitsOf(submission, offer.config);
  if (flow.state !== 'sent_email' || sentTo === undefined) return sendCodes(deps, submission, offer, traits);
  if (!isSameJson(traits, kept)) return refuseWith(deps, submission, [sayText(4000036)], 'code');
  if (code === undefined || isResent) return sendCodes(deps, submission, offer, traits);
  return takeCode(deps, submission, offer, { kept: { traits, sentTo }, code });
}

async function sendCodes(
  deps: FlowDeps,
  submission: Submission,
  { config, offered }: Offer,
  traits: unknown,
): Promise<Outcome> {
  const { poolId, flow, languages } = submission;
  const person = draftPerson(deps, config, { traits });
  if ('violations' in person)
    return refuse(deps, submission, (ui) => withViolations(ui, person.violations), { active: 'code' });
  const sentTo = person.derived.identifiers.flatMap(({ type, value, via }) =>
    type === 'code' && via !== undefined ? [{ via, value }] : [],
  );
  if (sentTo.length === 0) return refuseWith(deps, submission, [sayText(4000009)], 'code');
  const claims = claimsOf(await deps.vault.pool(poolId), config, person);
  if ((await deps.identities.findHolders(poolId, claims)).length > 0)
    return refuseWith(deps, submission, [sayText(4000007)], 'code');
  for (const { value: recipient } of sentTo)
    await countSend(deps, offered.lockout, { poolId, vault: flow.vault, recipient });
  const nodes = [csrfNode(), ...sentCodeNodes(fieldsOf(config), traits)];
  const ui = formAgain(submission, (form) => withMessage({ ...form, nodes }, sayText(1040005)));
  const lifespanSeconds = offered.codes.seconds;
  return together(deps, async (tx) => {
    const content = { ui, data: { traits, sentTo } };
    const sent = await changeFlow(tx, deps, flow, { state: 'sent_email', active: 'code', content });
    for (const { via, value } of sentTo) {
      const code = await issueCode(tx, deps, {
        ...{ flow, purpose: 'registration', address: value, identityId: null, lifespanSeconds },
      });
      await queueMessage(tx, deps, {
        ...{ poolId, identity: null, channel: via, recipient: value, languages },
        occasion: { template: 'registration_code_valid', code, minutes: lifespanSeconds / MINUTE_SECONDS },
      });
    }
    return refused(sent);
  });
}

async function takeCode(
  deps: FlowDeps,
  submission: Submission,
  { offered }: Offer,
  { kept, code }: { kept: Kept; code: string },
): Promise<Outcome> {
  const { poolId, flow, address } = submission;
  const { traits, sentTo } = kept;
  // The addresses are nobody's yet: only where guesses come from is counted.
  const attempt = { poolId, vault: flow.vault, identifier: null, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const addresses = sentTo.map(({ value }) => value);
  const { submissionsMax } = offered.codes;
  const used = await useCode(deps, { flow, purpose: 'registration', addresses, code, submissionsMax });
  if (used.outcome === 'too_many') return refuseWith(deps, submission, [TOO_MANY], 'code');
  if (used.outcome === 'wrong') {
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4040003)], 'code');
  }
  const proved = sentTo.filter(({ value }) => value === used.address);
  return register(deps, submission, { traits, imports: {}, method: CODE, proved });
}
