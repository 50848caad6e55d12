import { normaliseEmail } from '../../kit/normalise.ts';
import type { PoolVault } from '../ports.ts';
import type { Channel } from './templates.ts';

// White space, control and format characters, and what separates addresses in a header.
const NOT_IN_ADDRESS = /[\s\p{Cc}\p{Cf}<>,;:"()[\]\\]/u;
const PHONE = /^\+?[0-9][0-9 ().-]{4,28}$/;

/**
 * Whether a text is one address of the channel and nothing else: what could end a header, or name a second recipient, is
 * none.
 */
export function isRecipient(channel: Channel, text: string): boolean {
  if (channel === 'sms') return PHONE.test(text);
  return !NOT_IN_ADDRESS.test(text) && normaliseEmail(text) !== null;
}

/** Finds messages to one address, however it was written. */
export function recipientDigest(vault: PoolVault, recipient: string): Buffer {
  return vault.digest('courier:recipient', normalise(recipient));
}

function normalise(recipient: string): string {
  return recipient.includes('@')
    ? (normaliseEmail(recipient) ?? recipient)
    : recipient.replaceAll(/[^0-9+]/g, '');
}
