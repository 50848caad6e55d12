import { base32OfBytes } from '../../kit/base32.ts';
import { parseTagged, toTagged } from '../../kit/ids.ts';
import type { Environment, KeyId } from '../ports.ts';

const KEY_TEXT = /^vk_(live|sandbox)_([0-9a-hjkmnp-tv-z]{26})([0-9a-hjkmnp-tv-z]{32})$/;

/** Random bytes of a key's secret half: 160 bits. */
export const SECRET_BYTES = 20;

export interface KeyText {
  readonly environment: Environment;
  readonly id: KeyId;
  readonly secret: string;
}

/** `vk_live_` or `vk_sandbox_`, the key's id in 26 characters, its secret in 32. */
export function formatKey(
  environment: Environment,
  id: KeyId,
  secretBytes: Uint8Array,
): KeyText & { text: string } {
  const secret = base32OfBytes(secretBytes);
  const text = `vk_${environment}_${toTagged(id, 'key').slice('key_'.length)}${secret}`;
  return { environment, id, secret, text };
}

/** @returns Null when the text is no key. */
export function parseKey(text: string): KeyText | null {
  const match = KEY_TEXT.exec(text);
  if (match === null) return null;
  const [, environment, idText, secret] = match;
  const id = parseTagged(`key_${idText}`, 'key');
  if (id === null || secret === undefined) return null;
  return { environment: environment as Environment, id: id as KeyId, secret };
}
