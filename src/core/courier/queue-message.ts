import type { Deps } from '../deps.ts';
import { InternalFault, InvalidInput, WrongState } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { DataKey, PoolId, PoolVault } from '../ports.ts';
import { tryAgain } from '../records.ts';
import { sealContent } from './content.ts';
import type { CourierStore, MessageId } from './ports.ts';
import { isRecipient, recipientDigest } from './recipient.ts';
import { chooseTemplate, renderMessage } from './render.ts';
import { type Channel, type Occasion, TEMPLATE_KINDS } from './templates.ts';

export interface QueuedMessage {
  readonly poolId: PoolId;
  /** As it was read in this transaction, or is after the change that it made; null: the address is nobody's. */
  readonly identity: Pick<StoredIdentity, 'id' | 'wrappedKey' | 'configVersion'> | null;
  readonly channel: Channel;
  readonly recipient: string;
  readonly occasion: Occasion;
  /** As `preferredLanguages` gives them. */
  readonly languages: readonly string[];
}

/**
 * Queues a message as a part of `together`, so that it is sent exactly when what it is about was written. It is rendered
 * here and sealed under the identity's data key: erasing the identity makes it unreadable. Without an identity it has a
 * key of its own under the pool's.
 *
 * A change of the same identity comes first in the transaction: it holds the record against a rotation of its key.
 *
 * @throws InvalidInput The recipient is no single address of the channel; at path `recipient`.
 * @throws WrongState The identity was erased.
 */
export async function queueMessage(
  tx: { readonly courier: CourierStore },
  deps: Pick<Deps, 'clock' | 'ids' | 'vault'>,
  message: QueuedMessage,
): Promise<MessageId> {
  const { poolId, identity, channel, recipient, occasion, languages } = message;
  const { template: type } = occasion;
  if (!TEMPLATE_KINDS[type].channels.includes(channel)) {
    throw new InternalFault(`messages ${type} do not go by ${channel}`);
  }
  if (!isRecipient(channel, recipient)) {
    throw new InvalidInput([{ path: ['recipient'], code: 'invalid', message: 'must be an address' }]);
  }
  const atLeast = identity?.configVersion ?? 0;
  const vault = deps.vault.held(poolId, atLeast);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, atLeast));
  const id = deps.ids.next() as MessageId;
  const keyed = identity === null ? vault.createIdentityKey(id) : keyOf(vault, identity);
  const template = await chooseTemplate(tx.courier, { poolId, type, channel, languages });
  const content = renderMessage(template, { recipient, occasion });
  const isWritten = await tx.courier.insertMessage({
    ...{ poolId, id, identityId: identity?.id ?? null, type: channel, templateType: type },
    ...sealContent(keyed.key, id, content),
    wrappedKey: keyed.wrapped,
    recipientDigest: recipientDigest(vault, recipient),
    createdAt: deps.clock.now(),
  });
  // The identity has another data key, or none, by now.
  return isWritten ? id : tryAgain();
}

function keyOf(
  vault: PoolVault,
  { id, wrappedKey }: NonNullable<QueuedMessage['identity']>,
): { key: DataKey; wrapped: Buffer } {
  if (wrappedKey === null) throw new WrongState('The identity is closed.');
  return { key: vault.openIdentityKey(id, wrappedKey), wrapped: wrappedKey };
}
