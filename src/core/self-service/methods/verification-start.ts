import { queueMessage } from '../../courier/queue-message.ts';
import { isRecipient } from '../../courier/recipient.ts';
import { setAddress } from '../../identities/addresses.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
import type { Profile } from '../../identities/profile.ts';
import type { RecordStores } from '../../record-stores.ts';
import type { Derived, DerivedAddress } from '../../traits/ports.ts';
import { changeFlow } from '../change-flow.ts';
import { issueCode } from '../codes.ts';
import type { SelfServiceConfig } from '../config.ts';
import { createFlowWithin } from '../create-flow.ts';
import type { Flow } from '../flow.ts';
import type { ContinueWith } from '../outcome.ts';
import type { FlowDeps, Visit } from '../visit.ts';
import { ADDRESS_KINDS, isProved } from './recovery-kinds.ts';
import { sentContent } from './recovery-send-code.ts';

const KIND = 'verification';

type Offered = Pick<SelfServiceConfig, 'enabled' | 'methods'>;

/** Addresses of a record that nobody has proved: codes go there once it is written. None where that is switched off. */
export function addressesToVerify(
  { enabled, methods }: Offered,
  { profile, derived }: { readonly profile: Profile; readonly derived: Derived },
): DerivedAddress[] {
  if (!enabled.verification || !methods.code.enabled) return [];
  return derived.verifiable.filter(
    (address) => isRecipient(address.via, address.value) && !isProved(profile, address),
  );
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
      flow: await start(tx, deps, { ...input, address }),
      address: address.value,
    });
  }
  return begun;
}

async function start(
  tx: RecordStores,
  deps: FlowDeps,
  {
    visit,
    flow: from,
    identity,
    address,
  }: { visit: Visit; flow: Flow; identity: StoredIdentity; address: DerivedAddress },
): Promise<Flow> {
  const { poolId, base, csrfCookie, languages } = visit;
  const { codes, flowSeconds } = deps.selfService;
  const action = `${base}/self-service/${KIND}`;
  const { requestUrl, returnTo } = from.content;
  const ui = { action, method: 'POST', nodes: [], messages: [] } as const;
  const flow = await createFlowWithin(tx, deps, {
    ...{ poolId, kind: KIND, type: from.type, lifespanSeconds: flowSeconds.verification },
    csrfCookie: from.type === 'browser' ? csrfCookie : null,
    identityId: identity.id,
    content: { requestUrl, returnTo, ui, data: {} },
  });
  const binding = { flow, purpose: KIND, address: address.value, identityId: identity.id } as const;
  const code = await issueCode(tx, deps, { ...binding, lifespanSeconds: codes.seconds });
  const minutes = Math.max(1, Math.round(codes.seconds / 60));
  await queueMessage(tx, deps, {
    ...{ poolId, identity, channel: address.via, recipient: address.value, languages },
    occasion: { template: ADDRESS_KINDS[KIND].template, code, minutes },
  });
  const content = sentContent(flow, KIND, address);
  return changeFlow(tx, deps, flow, { state: 'sent_email', active: 'code', content });
}
