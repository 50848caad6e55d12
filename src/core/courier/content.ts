import { SealBroken } from '../errors.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import type { MessageId, StoredMessage } from './ports.ts';

/** What of a message is kept after it was sent. */
export interface Head {
  readonly recipient: string;
  /** Empty for SMS. */
  readonly subject: string;
}

/** What it says; of no use, and a risk, once the message was sent. */
export interface Body {
  readonly text: string;
  readonly html: string | null;
  readonly code: string | null;
}

/** Both boxes, bound to the message. */
export function sealContent(
  key: DataKey,
  id: MessageId,
  { head, body }: { head: Head; body: Body },
): { head: Buffer; body: Buffer } {
  return {
    head: key.seal(section(id, 'head'), Buffer.from(JSON.stringify(head))),
    body: key.seal(section(id, 'body'), Buffer.from(JSON.stringify(body))),
  };
}

/** @throws SealBroken Another message's or pool's, changed, or not under this key. */
export function openContent(vault: PoolVault, message: StoredMessage): { head: Head; body: Body | null } {
  const { id, identityId, wrappedKey, head, body } = message;
  const key = vault.openIdentityKey(identityId ?? id, wrappedKey);
  return {
    head: parse<Head>(key.open(section(id, 'head'), head)),
    body: body === null ? null : parse<Body>(key.open(section(id, 'body'), body)),
  };
}

/** Both boxes under another key. @throws SealBroken */
export function resealContent(
  { from, to }: { readonly from: DataKey; readonly to: DataKey },
  { id, head, body }: Pick<StoredMessage, 'id' | 'head' | 'body'>,
): { head: Buffer; body: Buffer | null } {
  const again = (name: string, sealed: Buffer): Buffer => {
    const plaintext = from.open(section(id, name), sealed);
    const resealed = to.seal(section(id, name), plaintext);
    plaintext.fill(0);
    return resealed;
  };
  return { head: again('head', head), body: body === null ? null : again('body', body) };
}

function section(id: MessageId, name: string): string {
  return `courier:${id}:${name}`;
}

function parse<T>(plaintext: Buffer): T {
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a message holds no JSON');
  } finally {
    plaintext.fill(0);
  }
}
