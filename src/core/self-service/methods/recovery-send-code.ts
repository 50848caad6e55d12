import { queueMessage } from '../../courier/queue-message.ts';
import { isRecipient } from '../../courier/recipient.ts';
import type { Occasion } from '../../courier/templates.ts';
import { claimOf } from '../../identities/claims.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
import { openIdentity } from '../../identities/view.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { IdentityId } from '../../ports.ts';
import type { RecordStores } from '../../record-stores.ts';
import { heldWithin, together } from '../../records.ts';
import { identifierSpaceOf, normaliseAddress } from '../../traits/normalise-identifier.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import { issueCode } from '../codes.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { Flow } from '../flow.ts';
import { issueLinkToken, linkOf } from '../links.ts';
import { accepted, type Outcome } from '../outcome.ts';
import { countSend } from '../send-limit.ts';
import { refuse } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { type RecoveryData, sentToOf } from './recovery-data.ts';
import { ADDRESS_KINDS, type AddressKind, type AddressProof, hasAddress } from './recovery-kinds.ts';
import { addressNodes, codeNodes } from './recovery-nodes.ts';

interface Sending {
  readonly submission: Submission;
  readonly offered: SelfServiceConfig;
  readonly kind: AddressKind;
  readonly proof: AddressProof;
  readonly to: DerivedAddress;
}

/**
 * Sends a code or a link to an address, and a notice to one that nobody has: flow, answer and work are the same, so that
 * nobody learns whose addresses there are.
 *
 * @param typed As sent.
 * @throws LockedOut Too many messages to this address, or asked for from this network. @throws FlowChanged
 */
export async function sendProof(
  deps: FlowDeps,
  submission: Submission,
  { kind, proof, typed }: { kind: AddressKind; proof: AddressProof; typed: string },
): Promise<Outcome> {
  const to = addressIn(deps, submission.flow, typed);
  if (to === null || (proof === 'link' && to.via !== 'email'))
    return refuse(deps, submission, (ui) => withNodeMessage(ui, 'email', sayText(4000040)));
  const { offered } = await offerOf(deps, submission);
  const { flow, poolId, address } = submission;
  const count = { poolId, vault: flow.vault, purpose: kind, recipient: to.value, address };
  await countSend(deps, offered.lockout, count);
  return accepted(
    await together(deps, (tx) => sendWithin(tx, deps, { submission, offered, kind, proof, to })),
  );
}

async function sendWithin(
  tx: RecordStores,
  deps: FlowDeps,
  { submission, offered, kind, proof, to }: Sending,
): Promise<Flow> {
  const { flow, poolId, base } = submission;
  const lifespanSeconds = offered.codes.seconds;
  const owner = await findOwner(tx, deps, { flow, kind, address: to });
  const identityId = owner?.id ?? null;
  const changed = await changeFlow(tx, deps, flow, {
    ...{ state: 'sent_email', active: proof, identityId, content: sentContent(flow, { kind, proof, to }) },
  });
  const issued = await issueProof(tx, deps, { flow, kind, proof, to, identityId, lifespanSeconds, base });
  const { notice, link } = ADDRESS_KINDS[kind];
  const occasion: Occasion = owner === null ? { template: proof === 'link' ? link.notice : notice } : issued;
  // A number that is its owner's no more: there are no notices by text message.
  if (owner === null && to.via === 'sms') return changed;
  await queueMessage(tx, deps, {
    ...{ poolId, identity: owner, channel: to.via, recipient: to.value, occasion },
    languages: submission.languages,
  });
  return changed;
}

/** A code or a link for an address of a flow, in the place of what was sent there before, with what is said of it. */
export async function issueProof(
  tx: Pick<RecordStores, 'codes'>,
  deps: Pick<FlowDeps, 'clock' | 'random'>,
  input: {
    readonly flow: Flow;
    readonly kind: AddressKind;
    readonly proof: AddressProof;
    readonly to: DerivedAddress;
    readonly identityId: IdentityId | null;
    readonly lifespanSeconds: number;
    /** What links begin with. */
    readonly base: string;
  },
): Promise<Occasion> {
  const { flow, kind, proof, to, identityId, lifespanSeconds, base } = input;
  const binding = { flow, purpose: kind, address: to.value, identityId, lifespanSeconds } as const;
  const minutes = Math.max(1, Math.round(lifespanSeconds / 60));
  const { template, link } = ADDRESS_KINDS[kind];
  if (proof === 'code') return { template, code: await issueCode(tx, deps, binding), minutes };
  const token = await issueLinkToken(tx, deps, binding);
  return { template: link.template, link: linkOf(base, flow, token), minutes };
}

/** What a flow shows and keeps once a code or a link was sent. */
export function sentContent(
  { content: { ui } }: Pick<Flow, 'content'>,
  { kind, proof, to }: { kind: AddressKind; proof: AddressProof; to: DerivedAddress },
): { ui: Flow['content']['ui']; data: RecoveryData } {
  const { sent, link } = ADDRESS_KINDS[kind];
  const [nodes, messageId] =
    proof === 'link'
      ? [[csrfNode(), ...addressNodes(proof, to.value)], link.sent]
      : [codeNodes(kind, to.value), sent[to.via]];
  return { ui: withMessage({ ...ui, nodes, messages: [] }, sayText(messageId)), data: { sentTo: to } };
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
  if (stored === null || !isVisible(stored)) return null;
  const held = heldWithin(deps, poolId, stored.configVersion);
  const { profile } = openIdentity(held.vault, stored);
  if (profile === null) return null;
  const derived = derivedOf(held.config, { schemaId: stored.schemaId, traits: profile.traits });
  return hasAddress(kind, derived, address) ? stored : null;
}
