const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, BigInt(value)]));

export class CrockfordError extends Error {}

/** Crockford base 32 in lower case, big endian, left-padded with zeros to `length` characters. */
export function encodeBase32(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < length; index += 1) {
    text = ALPHABET.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  if (rest !== 0n) throw new RangeError(`value does not fit ${length} characters`);
  return text;
}

/** @throws CrockfordError on any character outside the lower-case alphabet. */
export function decodeBase32(text: string): bigint {
  let value = 0n;
  for (const character of text) {
    const digit = VALUES.get(character);
    if (digit === undefined) throw new CrockfordError('not a base 32 character');
    value = (value << 5n) | digit;
  }
  return value;
}

/** Bytes as text of `ceil(bits / 5)` characters. */
export function base32OfBytes(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return encodeBase32(value, Math.ceil((bytes.length * 8) / 5));
}
