import { BCRYPT_BYTES_MAX, PASSWORD_BYTES_MAX, type PasswordAlgorithm } from './ports.ts';

/** Length in UTF-8; a lone surrogate counts as the three bytes that stand in for it. */
export function utf8BytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The longest password that this algorithm takes in whole. */
export function passwordBytesMax(algorithm: PasswordAlgorithm): number {
  return algorithm.kind === 'bcrypt' ? BCRYPT_BYTES_MAX : PASSWORD_BYTES_MAX;
}
