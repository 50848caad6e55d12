import { encodeBase32 } from './base32.ts';

/*
 * The bits of ids as small integers. A page of a list converts hundreds of ids, and byte tables do that about
 * four to eight times faster than 128-bit `bigint`s. It is easy because all spellings cut at the same places:
 * 48 bits of time (two zero bits before them make ten base 32 characters), then, after a placed id's
 * partition, 20 bits in which they differ, then 60 random bits. `ids.ts` is what the rest of the product
 * calls.
 */

export const PARTITION_MAX = 2 ** 30 - 1;
export const PLACED_ID_PATTERN = '^[0-7][0-9a-hjkmnp-tv-z]{31}$';
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PLACED = new RegExp(PLACED_ID_PATTERN);
const TAGGED_BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const MS_MAX = 2 ** 48 - 1;
const RANDOM_MASK = (1n << 74n) - 1n;
const MASK_20 = 0xf_ffff;

/** Time (24 + 24 bits) and the 74 random bits of a UUIDv7 (14 + 20 + 20 + 20), most significant first. */
export interface Words {
  readonly msHigh: number;
  readonly msLow: number;
  readonly top: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * One radix: its digits by value, and their values by character code (texts are checked before they are
 * read).
 */
interface Radix {
  readonly bits: number;
  readonly codes: Uint8Array;
  readonly values: Uint8Array;
}

function radix(bits: number, digits: string): Radix {
  const values = new Uint8Array(128);
  for (let value = 0; value < digits.length; value += 1) values[digits.charCodeAt(value)] = value;
  return { bits, codes: Buffer.from(digits, 'latin1'), values };
}

const HEX = radix(4, '0123456789abcdef');
const BASE32 = radix(5, Array.from({ length: 32 }, (_, value) => encodeBase32(BigInt(value), 1)).join(''));

/** Where ids are written before they become strings; nothing here is asynchronous, so one will do. */
const scratch = Buffer.alloc(36);
const DASH = 0x2d;

/** At most 31 bits: `digits` × bits of the radix. */
function readDigits(text: string, at: number, digits: number, { bits, values }: Radix): number {
  let value = 0;
  for (let index = at; index < at + digits; index += 1) {
    value = (value << bits) | (values[text.charCodeAt(index)] ?? 0);
  }
  return value;
}

function writeDigits(value: number, at: number, digits: number, { bits, codes }: Radix): void {
  const mask = (1 << bits) - 1;
  let rest = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    scratch[index] = codes[rest & mask] ?? 0;
    rest >>>= bits;
  }
}

export function readUuid(text: string): Words | null {
  if (!UUID.test(text)) return null;
  return {
    msHigh: readDigits(text, 0, 6, HEX),
    msLow: (readDigits(text, 6, 2, HEX) << 16) | readDigits(text, 9, 4, HEX),
    top: (readDigits(text, 15, 3, HEX) << 2) | (readDigits(text, 19, 1, HEX) & 3),
    a: (readDigits(text, 20, 3, HEX) << 8) | readDigits(text, 24, 2, HEX),
    b: readDigits(text, 26, 5, HEX),
    c: readDigits(text, 31, 5, HEX),
  };
}

export function writeUuid({ msHigh, msLow, top, a, b, c }: Words): string {
  writeDigits(msHigh, 0, 6, HEX);
  writeDigits(msLow >> 16, 6, 2, HEX);
  scratch[8] = DASH;
  writeDigits(msLow, 9, 4, HEX);
  scratch[13] = DASH;
  writeDigits((7 << 12) | (top >> 2), 14, 4, HEX);
  scratch[18] = DASH;
  writeDigits(((8 | (top & 3)) << 12) | (a >> 8), 19, 4, HEX);
  scratch[23] = DASH;
  writeDigits(a, 24, 2, HEX);
  writeDigits(b, 26, 5, HEX);
  writeDigits(c, 31, 5, HEX);
  return scratch.toString('latin1', 0, 36);
}

/**
 * Time and random bits of a base 32 spelling whose tail (20 differing bits, then 60 random ones) starts at
 * `tail`.
 */
function readBase32(text: string, tail: number): Words {
  const high = readDigits(text, 0, 5, BASE32);
  const low = readDigits(text, 5, 5, BASE32);
  return {
    msHigh: (high << 1) | (low >> 24),
    msLow: low & 0xff_ffff,
    top: readDigits(text, tail, 4, BASE32) & 0x3fff,
    a: readDigits(text, tail + 4, 4, BASE32),
    b: readDigits(text, tail + 8, 4, BASE32),
    c: readDigits(text, tail + 12, 4, BASE32),
  };
}

function writeTime({ msHigh, msLow }: Words): void {
  writeDigits(msHigh >> 1, 0, 5, BASE32);
  writeDigits(((msHigh & 1) << 24) | msLow, 5, 5, BASE32);
}

function writeTail(at: number, first: number, { a, b, c }: Words): void {
  writeDigits(first, at, 4, BASE32);
  writeDigits(a, at + 4, 4, BASE32);
  writeDigits(b, at + 8, 4, BASE32);
  writeDigits(c, at + 12, 4, BASE32);
}

export function writePlaced(words: Words, partition: number, typeBits: number): string {
  if (!Number.isInteger(partition) || partition < 0 || partition > PARTITION_MAX) {
    throw new RangeError('partition does not fit 30 bits');
  }
  if (!Number.isInteger(typeBits) || typeBits < 0 || typeBits > 63) {
    throw new RangeError('type does not fit 6 bits');
  }
  writeTime(words);
  writeDigits(partition, 10, 6, BASE32);
  writeTail(16, (typeBits << 14) | words.top, words);
  return scratch.toString('latin1', 0, 32);
}

/** @returns Null when the text is no placed id. */
export function readPlaced(text: string): { words: Words; partition: number; typeBits: number } | null {
  if (!PLACED.test(text)) return null;
  return {
    words: readBase32(text, 16),
    partition: (readDigits(text, 10, 3, BASE32) << 15) | readDigits(text, 13, 3, BASE32),
    typeBits: readDigits(text, 16, 4, BASE32) >> 14,
  };
}

/** The 26 characters after a tag. Their 20 differing bits: version 7, rand_a, variant 2, two random bits. */
export function writeTagged(words: Words): string {
  const fixed = (7 << 16) | ((words.top >> 2) << 4) | 8 | (words.top & 3);
  writeTime(words);
  writeTail(10, fixed, words);
  return scratch.toString('latin1', 0, 26);
}

/** @returns Null when the text is not the 26 characters of a UUIDv7. */
export function readTagged(body: string): Words | null {
  if (!TAGGED_BODY.test(body)) return null;
  const fixed = readDigits(body, 10, 4, BASE32);
  if (fixed >> 16 !== 7 || (fixed & 12) !== 8) return null;
  return { ...readBase32(body, 10), top: (((fixed >> 4) & 0xfff) << 2) | (fixed & 3) };
}

export function toWords(ms: number, random: bigint): Words {
  const time = timeWords(ms);
  if (random < 0n || random > RANDOM_MASK) throw new RangeError('random part does not fit 74 bits');
  const high = Number(random >> 40n);
  const low = Number(random & 0xff_ffff_ffffn);
  return {
    ...time,
    top: Math.floor(high / 2 ** 20),
    a: high & MASK_20,
    b: Math.floor(low / 2 ** 20),
    c: low & MASK_20,
  };
}

export function timeWords(ms: number): Pick<Words, 'msHigh' | 'msLow'> {
  if (!Number.isInteger(ms) || ms < 0 || ms > MS_MAX) throw new RangeError('milliseconds do not fit 48 bits');
  return { msHigh: Math.floor(ms / 2 ** 24), msLow: ms % 2 ** 24 };
}

export function msOf({ msHigh, msLow }: Words): number {
  return msHigh * 2 ** 24 + msLow;
}

export function randomOf({ top, a, b, c }: Words): bigint {
  return (BigInt(top * 2 ** 20 + a) << 40n) | BigInt(b * 2 ** 20 + c);
}

/** 74 bits of at least 10 bytes: the first 64, then the last ten of the two bytes after them. */
export function randomWords(bytes: Buffer): Pick<Words, 'top' | 'a' | 'b' | 'c'> {
  const [high, low] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  return {
    top: high >>> 18,
    a: ((high & 0x3_ffff) << 2) | (low >>> 30),
    b: (low >>> 10) & MASK_20,
    c: ((low & 0x3ff) << 10) | (bytes.readUInt16BE(8) & 0x3ff),
  };
}
