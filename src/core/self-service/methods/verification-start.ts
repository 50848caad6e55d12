import { queueMessage } from '../../courier/queue-message.ts';
import { isRecipient } from '../../courier/recipient.ts';
import { setAddress } from '../../identities/addresses.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
import type { Profile } from '../../identities/profile.ts';
import type { RecordStores } from '../../record-stores.ts';
import { heldWithin } from '../../records.ts';
import type { Derived, DerivedAddress } from '../../traits/ports.ts';
import { changeFlow } from '../change-flow.ts';
import { type SelfServiceConfig, selfServiceOf } from '../config.ts';
import { createFlowWithin } from '../create-flow.ts';
import type { Flow } from '../flow.ts';
import type { ContinueWith } from '../outcome.ts';
import type { UiText } from '../ui/texts.ts';
import type { FlowDeps, Visit } from '../visit.ts';
import { type AddressProof, isProved, proofOffered } from './recovery-kinds.ts';
import { issueProof, sentContent } from './recovery-send-code.ts';

const KIND = 'verification';

type Offered = Pick<SelfServiceConfig, 'enabled' | 'methods'>;

/** Addresses of a record that nobody has proved: codes or links go there once it is written. None where that is switched off. */
export function addressesToVerify(
  { enabled, methods }: Offered,
  { profile, derived }: { readonly profile: Profile; readonly derived: Derived },
): DerivedAddress[] {
  if (!enabled.verification) return [];
  return derived.verifiable.filter(
    (address) =>
      methods[proofFor({ methods }, address)].enabled &&
      isRecipient(address.via, address.value) &&
      !isProved(profile, address),
  );
}

/** There are no links by text message. */
function proofFor(offered: Pick<Offered, 'methods'>, { via }: DerivedAddress): AddressProof {
  return via === 'email' ? proofOffered(offered) : 'code';
}

/** The record with codes on their way. */
export function withCodesSent(profile: Profile, addresses: readonly DerivedAddress[], at: Date): Profile {
  const change = { status: 'sent', verified: false, updatedAt: at.toISOString() } as const;
  return addresses.reduce((marked, address) => setAddress(marked, address, change), profile);
}

/**
 * Begins a verification of each address and sends its code, as a part of `together`: exactly when the addresses became
 * the person's. A change of the identity comes first in the transaction.
 *
 * @param input.flow The one that they were given in: of the same type, and with the same way back.
 * @param input.identity As it is after the change.
 * @returns What tells the client of it, address by address.
 * @see Contract iam 6.4, "Registration, ok" and "Settings".
 */
export async function startVerifications(
  tx: RecordStores,
  deps: FlowDeps,
  input: {
    readonly visit: Visit;
    readonly flow: Flow;
    readonly identity: StoredIdentity;
    readonly addresses: readonly DerivedAddress[];
  },
): Promise<ContinueWith[]> {
  const begun: ContinueWith[] = [];
  for (const address of input.addresses) {
    begun.push({
      next: 'verification',
      flow: await startVerification(tx, deps, { ...input, address }),
      address: address.value,
    });
  }
  return begun;
}

/** As `startVerifications`, of one address. @param input.notice Why it is asked for; on top of the form. */
export async function startVerification(
  tx: RecordStores,
  deps: FlowDeps,
  {
    visit,
    flow: from,
    identity,
    address,
    notice,
  }: {
    visit: Visit;
    flow: Flow;
    identity: StoredIdentity;
    address: DerivedAddress;
    notice?: UiText;
  },
): Promise<Flow> {
  const { poolId, base, csrfCookie, languages } = visit;
  const offered = selfServiceOf(deps, heldWithin(deps, poolId, identity.configVersion).config);
  const proof = proofFor(offered, address);
  const action = `${base}/self-service/${KIND}`;
  const { requestUrl, returnTo } = from.content;
  const ui = { action, method: 'POST', nodes: [], messages: [] } as const;
  const flow = await createFlowWithin(tx, deps, {
    ...{ poolId, kind: KIND, type: from.type, lifespanSeconds: offered.flowSeconds.verification },
    csrfCookie: from.type === 'browser' ? csrfCookie : null,
    identityId: identity.id,
    content: { requestUrl, returnTo, ui, data: {} },
  });
  const sending = { kind: KIND, proof, to: address } as const;
  const occasion = await issueProof(tx, deps, {
    ...{ flow, identityId: identity.id, lifespanSeconds: offered.codes.seconds, base, ...sending },
  });
  await queueMessage(tx, deps, {
    ...{ poolId, identity, channel: address.via, recipient: address.value, languages, occasion },
  });
  const { ui: shown, data } = sentContent(flow, sending);
  const messages = [...(notice === undefined ? [] : [notice]), ...shown.messages];
  const content = { ui: { ...shown, messages }, data };
  return changeFlow(tx, deps, flow, { state: 'sent_email', active: proof, content });
}
