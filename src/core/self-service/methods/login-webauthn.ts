import { type IamRecord, openIamRecord } from '../../iam/record.ts';
import { offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import { type Attempt, checkAllowed, recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { formAgain, refuse, refuseMethod, refuseWith } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { csrfNode, inputNode } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import { type MessageId, sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { keyScriptNodes } from './key-nodes.ts';
import { loginByKey, type ShownKey, shownKey } from './login-key.ts';
import { webauthnPart } from './login-key-nodes.ts';
import { findPerson } from './person.ts';

/**
 * A security key: the second factor of a visitor, or, where the pool lets people in by it alone, the first one of whoever
 * an identifier names.
 *
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "WebAuthn / passkey".
 */
export async function loginByWebAuthn(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { visitor, flow } = submission;
  // Native clients have no way to ask for one.
  if (flow.type === 'api') return refuseMethod(deps, submission);
  if (visitor === null) return loginAlone(deps, submission);
  const person = await openIamRecord(deps, visitor.identity.stored);
  if (keysOf(submission, person).length === 0) return say(deps, submission, 4000013);
  return loginAs(deps, submission, person, `webauthn_login:${person.stored.id}`);
}

/** In two steps: an identifier, and then a key of whoever has it. */
async function loginAlone(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { poolId } = submission;
  const typed = textOf(submission, 'identifier');
  if (typed === undefined) return sayMissing(deps, submission, 'identifier');
  const { identifier, person } = await findPerson(deps, { poolId, identifier: typed, type: 'webauthn' });
  if (textOf(submission, 'webauthn_login') === undefined)
    return askForKey(deps, submission, { typed, identifier, person });
  return loginAs(deps, submission, person, identifier);
}

/** Shows the form again with what a browser asks an authenticator. Who has no key is told so, and counted. */
async function askForKey(
  deps: FlowDeps,
  submission: Submission,
  found: { readonly typed: string; readonly identifier: string | null; readonly person: IamRecord | null },
): Promise<Outcome> {
  const { poolId, address, flow } = submission;
  const { typed, identifier, person } = found;
  const { offered } = await offerOf(deps, submission);
  const attempt: Attempt = { poolId, vault: flow.vault, identifier, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const keys = person === null ? [] : keysOf(submission, person);
  if (keys.length === 0) {
    await recordFailure(deps, offered.lockout, attempt);
    return say(deps, submission, 4000015);
  }
  const start = { type: flow.type, base: submission.base };
  const { nodes, data } = webauthnPart(deps, { start, offered }, { keys, labelId: 1010013 });
  const form = inOrder('login', [
    csrfNode(),
    inputNode('default', { name: 'identifier', type: 'hidden', value: typed, required: true }),
    ...keyScriptNodes(start),
    ...nodes,
  ]);
  const ui = formAgain(submission, (plain) => withMessage({ ...plain, nodes: form }, sayText(1010012)));
  const kept = { ...flow.content.data, ...data };
  const shown = await changeFlow(deps, deps, flow, { active: 'webauthn', content: { ui, data: kept } });
  return { kind: 'elsewhere', flow: shown, to: shown, signedIn: null };
}

async function loginAs(
  deps: FlowDeps,
  submission: Submission,
  person: IamRecord | null,
  countedBy: string | null,
): Promise<Outcome> {
  const text = textOf(submission, 'webauthn_login');
  if (text === undefined) return sayMissing(deps, submission, 'webauthn_login');
  const find = (keyId: string): ShownKey | null => {
    const isTheirs = person !== null && keysOf(submission, person).some(({ id }) => id === keyId);
    return isTheirs ? shownKey(person, 'webauthn', keyId) : null;
  };
  return loginByKey(deps, submission, {
    method: { method: 'webauthn', aal: submission.flow.requestedAal },
    ...{ text, needsVerification: false, countedBy: () => countedBy },
    find: async ({ keyId }) => find(keyId),
  });
}

/** Those that do for what the flow is to reach. */
function keysOf({ flow }: Submission, { credentials }: IamRecord) {
  const isAlone = flow.requestedAal === 'aal1';
  return (credentials.webauthn?.keys ?? []).filter(({ isPasswordless }) => isPasswordless === isAlone);
}

function say(deps: FlowDeps, submission: Submission, id: MessageId): Promise<Outcome> {
  return refuseWith(deps, submission, [sayText(id)], 'webauthn');
}

function sayMissing(deps: FlowDeps, submission: Submission, name: string): Promise<Outcome> {
  const text = sayText(4000002, { property: name });
  return refuse(deps, submission, (ui) => withNodeMessage(ui, name, text), { active: 'webauthn' });
}
