import { hash } from 'node:crypto';

/** One hash of crypt(3) to be computed. */
export interface CryptJob {
  readonly scheme: CryptScheme;
  readonly password: Uint8Array;
  /** As it stands in the hash. */
  readonly salt: string;
  /** Of md5-crypt always 1000. */
  readonly rounds: number;
}

export type CryptScheme = 'md5' | 'sha256' | 'sha512';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Which bytes make a group of characters, highest first; the order is part of each scheme. */
const BYTE_ORDERS: Readonly<Record<CryptScheme, readonly (readonly number[])[]>> = {
  md5: [...Array.from({ length: 4 }, (_, at) => [at, at + 6, at + 12]), [4, 10, 5], [11]],
  sha256: [...Array.from({ length: 10 }, (_, at) => rotated([at, at + 10, at + 20], at)), [31, 30]],
  sha512: [...Array.from({ length: 21 }, (_, at) => rotated([at, at + 21, at + 42], 3 - (at % 3))), [63]],
};

/** [a, b, c] turned to the right so many times. */
function rotated(group: readonly number[], times: number): readonly number[] {
  return group.map((_, index) => group[(index + 3 - (times % 3)) % 3] ?? 0);
}

/** crypt(3)'s own Base64: six bits a character, the lowest first. */
export function encodeCrypt(scheme: CryptScheme, digest: Buffer): string {
  return BYTE_ORDERS[scheme]
    .map((group) => {
      let word = group.reduce((sum, at) => (sum << 8) | (digest[at] ?? 0), 0);
      let text = '';
      for (let count = 0; count <= group.length; count += 1, word >>>= 6) text += ALPHABET[word & 63];
      return text;
    })
    .join('');
}

/** `bytes`, over and over, up to a length. */
export function stretch(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}

/**
 * The rounds that all three schemes have: a digest of the previous result, password and salt, in an order that depends
 * on the round's number.
 */
export function strengthen(
  scheme: CryptScheme,
  { digest, password, salt, rounds }: { digest: Buffer; password: Buffer; salt: Buffer; rounds: number },
): Buffer {
  let result = digest;
  const scratch = Buffer.alloc(2 * password.length + salt.length + digest.length);
  for (let round = 0; round < rounds; round += 1) {
    const isOdd = round % 2 === 1;
    let at = (isOdd ? password : result).copy(scratch);
    if (round % 3 !== 0) at += salt.copy(scratch, at);
    if (round % 7 !== 0) at += password.copy(scratch, at);
    at += (isOdd ? result : password).copy(scratch, at);
    result = hash(scheme, scratch.subarray(0, at), 'buffer');
  }
  return result;
}
