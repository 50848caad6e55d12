import { base32OfBytes } from '../../kit/base32.ts';
import { parseTagged, toTagged } from '../../kit/ids.ts';
import type { Environment, KeyId, KeyKind } from '../ports.ts';

const KEY_TEXT = /^vk_(pub_)?(live|sandbox)_([0-9a-hjkmnp-tv-z]{26})([0-9a-hjkmnp-tv-z]{32})$/;

/** Random bytes of a key's secret half: 160 bits. */
export const SECRET_BYTES = 20;

export interface KeyText {
  readonly kind: KeyKind;
  readonly environment: Environment;
  readonly id: KeyId;
  readonly secret: string;
}

/**
 * `vk_live_` or `vk_sandbox_` (publishable: `vk_pub_live_` or `vk_pub_sandbox_`), the key's id in 26 characters,
 * its secret in 32.
 */
export function formatKey(
  { kind, environment, id }: Omit<KeyText, 'secret'>,
  secretBytes: Uint8Array,
): KeyText & { text: string } {
  const secret = base32OfBytes(secretBytes);
  return { kind, environment, id, secret, text: `${keyPrefix({ kind, environment, id })}${secret}` };
}

/** What a key's text begins with: tells it from every other key, and is no part of its secret. */
export function keyPrefix({ kind, environment, id }: Omit<KeyText, 'secret'>): string {
  const mark = kind === 'publishable' ? 'pub_' : '';
  return `vk_${mark}${environment}_${toTagged(id, 'key').slice('key_'.length)}`;
}

/** @returns Null when the text is no key. */
export function parseKey(text: string): KeyText | null {
  const match = KEY_TEXT.exec(text);
  if (match === null) return null;
  const [, mark, environment, idText, secret] = match;
  const id = parseTagged(`key_${idText}`, 'key');
  if (id === null || secret === undefined) return null;
  const kind = mark === undefined ? 'secret' : 'publishable';
  return { kind, environment: environment as Environment, id: id as KeyId, secret };
}
