import { queueMessage } from '../../courier/queue-message.ts';
import { isRecipient } from '../../courier/recipient.ts';
import type { Occasion } from '../../courier/templates.ts';
import { isIamVisible } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
import { openIdentity } from '../../identities/view.ts';
import type { RecordStores } from '../../record-stores.ts';
import { heldWithin, together } from '../../records.ts';
import { identifierSpaceOf, normaliseAddress } from '../../traits/normalise-identifier.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { changeFlow } from '../change-flow.ts';
import { issueCode } from '../codes.ts';
import type { Flow } from '../flow.ts';
import { accepted, type Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { type RecoveryData, sentToOf } from './recovery-data.ts';
import { ADDRESS_KINDS, type AddressKind, hasAddress } from './recovery-kinds.ts';
import { countMessage } from './recovery-limits.ts';
import { codeNodes } from './recovery-nodes.ts';

type Sending = { readonly submission: Submission; readonly kind: AddressKind; readonly to: DerivedAddress };

/**
 * Sends a code to an address, and a notice to one that nobody has: flow, answer and work are the same, so that nobody
 * learns whose addresses there are.
 *
 * @param typed As sent.
 * @throws LockedOut Too many messages to this address, or asked for from this network. @throws FlowChanged
 */
export async function sendCode(
  deps: FlowDeps,
  submission: Submission,
  kind: AddressKind,
  typed: string,
): Promise<Outcome> {
  const to = addressIn(deps, submission.flow, typed);
  if (to === null) return refuse(deps, submission, (ui) => withNodeMessage(ui, 'email', sayText(4000040)));
  await countMessage(deps, submission, { kind, to });
  return accepted(await together(deps, (tx) => sendWithin(tx, deps, { submission, kind, to })));
}

async function sendWithin(
  tx: RecordStores,
  deps: FlowDeps,
  { submission, kind, to }: Sending,
): Promise<Flow> {
  const { flow, poolId } = submission;
  const { seconds } = deps.selfService.codes;
  const owner = await findOwner(tx, deps, { flow, kind, address: to });
  const identityId = owner?.id ?? null;
  const changed = await changeFlow(tx, deps, flow, {
    ...{ state: 'sent_email', active: 'code', identityId, content: sentContent(flow, kind, to) },
  });
  const binding = { flow, purpose: kind, address: to.value, identityId } as const;
  const code = await issueCode(tx, deps, { ...binding, lifespanSeconds: seconds });
  const { template, notice } = ADDRESS_KINDS[kind];
  const occasion: Occasion =
    owner === null
      ? { template: notice }
      : { template, code, minutes: Math.max(1, Math.round(seconds / 60)) };
  // A number that is its owner's no more: there are no notices by text message.
  if (owner === null && to.via === 'sms') return changed;
  await queueMessage(tx, deps, {
    ...{ poolId, identity: owner, channel: to.via, recipient: to.value, occasion },
    languages: submission.languages,
  });
  return changed;
}

/** What a flow shows and keeps once a code was sent. */
export function sentContent(
  { content: { ui } }: Pick<Flow, 'content'>,
  kind: AddressKind,
  to: DerivedAddress,
): { ui: Flow['content']['ui']; data: RecoveryData } {
  const form = { ...ui, nodes: codeNodes(kind, to.value), messages: [] };
  return { ui: withMessage(form, sayText(ADDRESS_KINDS[kind].sent[to.via])), data: { sentTo: to } };
}

/** An e-mail address; or the number that the flow's code went to, once more: strangers' numbers are sent nothing. */
function addressIn({ phones }: Pick<FlowDeps, 'phones'>, flow: Flow, typed: string): DerivedAddress | null {
  const sentTo = sentToOf(flow);
  if (sentTo?.via === 'sms' && normaliseAddress(phones, 'sms', typed) === sentTo.value) return sentTo;
  const value = normaliseAddress(phones, 'email', typed);
  return value !== null && isRecipient('email', value) ? { via: 'email', value } : null;
}

/** Whose address it is; null also where it is an identity's, and none that the flow may be about. */
async function findOwner(
  tx: Pick<RecordStores, 'identities'>,
  deps: Pick<FlowDeps, 'configs' | 'vault'>,
  { flow, kind, address }: { flow: Flow; kind: AddressKind; address: DerivedAddress },
): Promise<StoredIdentity | null> {
  const { poolId, vault } = flow;
  const claim = claimOf(vault, { space: identifierSpaceOf(address.value), value: address.value });
  const stored = await tx.identities.findByClaim(poolId, claim);
  if (stored === null || !isIamVisible(stored)) return null;
  const held = heldWithin(deps, poolId, stored.configVersion);
  const { profile } = openIdentity(held.vault, stored);
  if (profile === null) return null;
  const derived = derivedOf(held.config, { schemaId: stored.schemaId, traits: profile.traits });
  return hasAddress(kind, derived, address) ? stored : null;
}
