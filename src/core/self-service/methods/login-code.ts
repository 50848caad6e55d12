import { queueMessage } from '../../courier/queue-message.ts';
import { type IamRecord, isIamVisible } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import type { IdentityId } from '../../ports.ts';
import { together } from '../../records.ts';
import type { Channel } from '../../traits/ports.ts';
import { offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import { issueCode, useCode } from '../codes.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import { type Outcome, refused } from '../outcome.ts';
import { countSend } from '../send-limit.ts';
import { formAgain, refuse, refuseWith } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { sentCodeNodes } from './login-nodes.ts';
import { refuseSignIn } from './login-password.ts';
import { findPerson } from './person.ts';
import { type Judgement, signIn } from './sign-in.ts';

const CODE = { method: 'code', aal: 'aal1' } as const;
const MINUTE_SECONDS = 60;

/** Kept between the two steps. */
interface SentTo {
  /** Normalised. */
  readonly identifier: string;
  readonly via: Channel;
}

/**
 * Signs in by a code that is sent to an address: in one step the code goes out, in the next it comes back.
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "Code login".
 */
export function loginByCode(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { state } = submission.flow;
  const sentTo = sentToOf(submission);
  const code = textOf(submission, 'code');
  const isResent = textOf(submission, 'resend') !== undefined;
  if (state !== 'sent_email' || sentTo === null) return sendCode(deps, submission);
  if (code === undefined || isResent) return sendCode(deps, submission);
  return takeCode(deps, submission, { sentTo, code });
}

function sentToOf({ flow }: Submission): SentTo | null {
  const { sentTo } = flow.content.data as { readonly sentTo?: SentTo };
  return sentTo ?? null;
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
  const via = person?.derived.identifiers.find((one) => one.type === 'code' && one.value === identifier)?.via;
  if (person === null || identifier === null || via === undefined) {
    // Asking for one name after the other is guessing too.
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4000035)], 'code');
  }
  return send(deps, submission, { person, sentTo: { identifier, via } });
}

async function send(
  deps: FlowDeps,
  submission: Submission,
  { person, sentTo }: { person: IamRecord; sentTo: SentTo },
): Promise<Outcome> {
  const { poolId, flow, languages } = submission;
  const { identifier, via } = sentTo;
  const { offered } = await offerOf(deps, submission);
  const lifespanSeconds = offered.codes.seconds;
  await countSend(deps, offered.lockout, { poolId, vault: flow.vault, recipient: identifier });
  const ui = formAgain(submission, (form) =>
    withMessage({ ...form, nodes: [csrfNode(), ...sentCodeNodes(identifier)] }, sayText(1010014)),
  );
  return together(deps, async (tx) => {
    const sent = await changeFlow(tx, deps, flow, {
      ...{ state: 'sent_email', active: 'code', content: { ui, data: { sentTo } } },
    });
    const identity = await tx.identities.findIdentity(poolId, person.stored.id);
    // Gone in the meantime: nobody gets a code, and the answer stays the same.
    if (identity === null || !isIamVisible(identity)) return refused(sent);
    const code = await issueCode(tx, deps, {
      ...{ flow, purpose: 'login', address: identifier, identityId: identity.id, lifespanSeconds },
    });
    await queueMessage(tx, deps, {
      ...{ poolId, identity, channel: via, recipient: identifier, languages },
      occasion: { template: 'login_code_valid', code, minutes: lifespanSeconds / MINUTE_SECONDS },
    });
    return refused(sent);
  });
}

async function takeCode(
  deps: FlowDeps,
  submission: Submission,
  { sentTo, code }: { sentTo: SentTo; code: string },
): Promise<Outcome> {
  const { poolId, flow, address } = submission;
  const { identifier } = sentTo;
  const { offered } = await offerOf(deps, submission);
  const attempt: Attempt = { poolId, vault: flow.vault, identifier, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const { submissionsMax } = offered.codes;
  const used = await useCode(deps, { flow, purpose: 'login', addresses: [identifier], code, submissionsMax });
  if (used.outcome === 'too_many') return refuseWith(deps, submission, [TOO_MANY], 'code');
  if (used.outcome === 'wrong' || used.identityId === null) {
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4010008)], 'code');
  }
  await clearFailures(deps, offered.lockout, attempt);
  return enter(deps, submission, { sentTo, identityId: used.identityId });
}

/** Of a flow that takes no codes any more. */
export const TOO_MANY = sayText(5000001, {
  reason: 'The request was submitted too often. Please request another code.',
});

async function enter(
  deps: FlowDeps,
  submission: Submission,
  { sentTo, identityId }: { sentTo: SentTo; identityId: IdentityId },
): Promise<Outcome> {
  const judge = (record: IamRecord) => judgeAddress(deps, record, sentTo);
  const outcome = await signIn(deps, submission, { identityId, method: CODE, judge });
  if (outcome.kind === 'signed_in') return outcome;
  return refuseSignIn(deps, submission, outcome, 'code');
}

/** The code has come back from the address, which is proved by it (R4), if it is still theirs. */
function judgeAddress(
  { clock }: FlowDeps,
  { derived, profile }: IamRecord,
  { identifier, via }: SentTo,
): Judgement<'not_theirs'> {
  const isTheirs = derived.identifiers.some((one) => one.type === 'code' && one.value === identifier);
  if (!isTheirs) return { is: 'not_theirs' };
  const known = profile.addresses?.find((one) => one.via === via && one.value === identifier);
  const isVerifiable = derived.verifiable.some((one) => one.via === via && one.value === identifier);
  if (!isVerifiable || known?.verified === true) return { is: 'good' };
  const proved = proveAddress(profile, { via, value: identifier }, clock.now());
  return { is: 'good', fields: ['addresses'], profile: proved };
}
