import { queueMessage } from '../../courier/queue-message.ts';
import type { IamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { IdentityId } from '../../ports.ts';
import { together } from '../../records.ts';
import { offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import { type CodeAddress, codeAddress } from '../code-addresses.ts';
import { issueCode, useCode } from '../codes.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import { type Outcome, refused } from '../outcome.ts';
import { countSend } from '../send-limit.ts';
import { formAgain, refuseWith } from '../show-again.ts';
import { withMessage } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import type { Method } from './begin-session.ts';
import { sentCodeNodes } from './login-nodes.ts';
import { refuseSignIn } from './login-password.ts';
import { type Judgement, signIn } from './sign-in.ts';

const MINUTE_SECONDS = 60;
/** What can be shown in the place of a code that does not come. */
const OTHER_WAYS: readonly UiNode['group'][] = ['totp', 'lookup_secret'];

/** Of a flow that takes no codes any more. */
export const TOO_MANY = sayText(5000001, {
  reason: 'The request was submitted too often. Please request another code.',
});

/** Where the flow's last code went; null: none was sent yet. */
export function sentToOf({ flow }: Pick<Submission, 'flow'>): CodeAddress | null {
  const { sentTo } = flow.content.data as { readonly sentTo?: CodeAddress };
  return sentTo ?? null;
}

/** The first step: a code goes out. @throws LockedOut @throws FlowChanged */
export async function sendLoginCode(
  deps: FlowDeps,
  submission: Submission,
  { identityId, sentTo }: { readonly identityId: IdentityId; readonly sentTo: CodeAddress },
): Promise<Outcome> {
  const { poolId, flow, languages } = submission;
  const { identifier, via } = sentTo;
  const { offered } = await offerOf(deps, submission);
  const lifespanSeconds = offered.codes.seconds;
  await countSend(deps, offered.lockout, { poolId, vault: flow.vault, recipient: identifier });
  const ui = formAgain(submission, (form) => {
    const others = form.nodes.filter(({ group }) => OTHER_WAYS.includes(group));
    const nodes = inOrder('login', [csrfNode(), ...sentCodeNodes(identifier), ...others]);
    return withMessage({ ...form, nodes }, sayText(1010014));
  });
  return together(deps, async (tx) => {
    const sent = await changeFlow(tx, deps, flow, {
      ...{ state: 'sent_email', active: 'code', content: { ui, data: { sentTo } } },
    });
    const identity = await tx.identities.findIdentity(poolId, identityId);
    // Gone in the meantime: nobody gets a code, and the answer stays the same.
    if (identity === null || !isVisible(identity)) return refused(sent);
    const code = await issueCode(tx, deps, {
      ...{ flow, purpose: 'login', address: identifier, identityId, lifespanSeconds },
    });
    await queueMessage(tx, deps, {
      ...{ poolId, identity, channel: via, recipient: identifier, languages },
      occasion: { template: 'login_code_valid', code, minutes: lifespanSeconds / MINUTE_SECONDS },
    });
    return refused(sent);
  });
}

/**
 * The second step: the code comes back.
 * @param input.counted What failures are counted by, beside the network.
 * @throws LockedOut
 */
export async function takeLoginCode(
  deps: FlowDeps,
  submission: Submission,
  input: {
    readonly sentTo: CodeAddress;
    readonly code: string;
    readonly method: Method;
    readonly counted: string;
  },
): Promise<Outcome> {
  const { poolId, flow, address } = submission;
  const { sentTo, code, method, counted } = input;
  const { offered } = await offerOf(deps, submission);
  const attempt: Attempt = { poolId, vault: flow.vault, identifier: counted, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const used = await useCode(deps, {
    ...{ flow, purpose: 'login', addresses: [sentTo.identifier], code },
    submissionsMax: offered.codes.submissionsMax,
  });
  if (used.outcome === 'too_many') return refuseWith(deps, submission, [TOO_MANY], 'code');
  if (used.outcome === 'wrong' || used.identityId === null) {
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4010008)], 'code');
  }
  await clearFailures(deps, offered.lockout, attempt);
  const judge = (record: IamRecord) => judgeAddress(deps, record, sentTo);
  const outcome = await signIn(deps, submission, { identityId: used.identityId, method, judge });
  if (outcome.kind === 'signed_in') return outcome;
  return refuseSignIn(deps, submission, outcome, 'code');
}

/** The code has come back from the address, which is proved by it (R4), if it is still theirs. */
function judgeAddress(
  { clock }: FlowDeps,
  { derived, profile }: IamRecord,
  { identifier, via }: CodeAddress,
): Judgement<'not_theirs'> {
  if (codeAddress(derived, identifier) === null) return { is: 'not_theirs' };
  const known = profile.addresses?.find((one) => one.via === via && one.value === identifier);
  const isVerifiable = derived.verifiable.some((one) => one.via === via && one.value === identifier);
  if (!isVerifiable || known?.verified === true) return { is: 'good' };
  const proved = proveAddress(profile, { via, value: identifier }, clock.now());
  return { is: 'good', fields: ['addresses'], profile: proved };
}
