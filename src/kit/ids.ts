import { CrockfordError, decodeBase32, encodeBase32 } from './base32.ts';

/**
 * One id, four spellings (contract pools 1.2). The key in the database is a UUIDv7; every other id on the wire
 * is a reversible, stateless encoding of it:
 *
 * - `uuid`: as it is (kyc, iam, identify);
 * - tagged: `idn_` + 26 lower-case Crockford base32 characters: 2 zero bits, then the 128 bits (verification);
 * - placed: 32 such characters: 2 zero bits, 48 of milliseconds, the account's 30-bit partition, 6 of resource
 *   type, the UUID's 74 random bits (pools).
 *
 * Ids sort by creation time in every spelling.
 */
export type Uuid = string & { readonly uuid: unique symbol };

/** The six type bits of a placed id. Numbers are stored in clients' systems: never renumber. */
export const RESOURCE_TYPES = {
  account: 1,
  domain: 2,
  pool: 3,
  ruleset: 4,
  identity: 5,
  nid: 6,
  vid: 7,
  key: 8,
  session: 9,
} as const;
export type ResourceType = keyof typeof RESOURCE_TYPES;
const TYPE_NAMES = new Map<number, ResourceType>(
  Object.entries(RESOURCE_TYPES).map(([name, bits]) => [bits, name as ResourceType]),
);

export const PARTITION_MAX = 2 ** 30 - 1;
export const PLACED_ID_PATTERN = '^[0-7][0-9a-hjkmnp-tv-z]{31}$';
const MS_MAX = 2 ** 48 - 1;
const PLACED = new RegExp(PLACED_ID_PATTERN);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const RANDOM_BITS = 74n;
const RANDOM_MASK = (1n << RANDOM_BITS) - 1n;
const LOW_MASK = (1n << 62n) - 1n;

/** The two parts of a UUIDv7 (RFC 9562 section 5.7) that are not fixed. */
export interface UuidParts {
  /** Milliseconds since 1970, 48 bits. */
  readonly ms: number;
  /** rand_a and rand_b together, 74 bits. */
  readonly random: bigint;
}

export interface PlacedId {
  readonly ms: number;
  readonly partition: number;
  /** The six type bits; `type` is null where no resource has them. */
  readonly typeBits: number;
  readonly type: ResourceType | null;
  readonly random: bigint;
  readonly uuid: Uuid;
}

export function formatUuid({ ms, random }: UuidParts): Uuid {
  if (!Number.isInteger(ms) || ms < 0 || ms > MS_MAX) throw new RangeError('milliseconds do not fit 48 bits');
  if (random < 0n || random > RANDOM_MASK) throw new RangeError('random part does not fit 74 bits');
  const bits =
    (BigInt(ms) << 80n) | (7n << 76n) | ((random >> 62n) << 64n) | (2n << 62n) | (random & LOW_MASK);
  const hex = bits.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Uuid;
}

/** @returns The parts, or null when the text is no lower-case UUIDv7. */
export function parseUuid(text: string): UuidParts | null {
  if (!UUID.test(text)) return null;
  const bits = BigInt(`0x${text.replaceAll('-', '')}`);
  return { ms: Number(bits >> 80n), random: (((bits >> 64n) & 0xfffn) << 62n) | (bits & LOW_MASK) };
}

export function isUuid(text: string): text is Uuid {
  return UUID.test(text);
}

/** A placed id from its raw fields; the tail is 6 type bits and 74 random bits. */
export function encodePlaced(fields: {
  ms: number;
  partition: number;
  typeBits: number;
  random: bigint;
}): string {
  const { ms, partition, typeBits, random } = fields;
  if (!Number.isInteger(ms) || ms < 0 || ms > MS_MAX) throw new RangeError('milliseconds do not fit 48 bits');
  if (!Number.isInteger(partition) || partition < 0 || partition > PARTITION_MAX) {
    throw new RangeError('partition does not fit 30 bits');
  }
  if (!Number.isInteger(typeBits) || typeBits < 0 || typeBits > 63)
    throw new RangeError('type does not fit 6 bits');
  if (random < 0n || random > RANDOM_MASK) throw new RangeError('random part does not fit 74 bits');
  const bits = (BigInt(ms) << 110n) | (BigInt(partition) << 80n) | (BigInt(typeBits) << RANDOM_BITS) | random;
  return encodeBase32(bits, 32);
}

/** @returns The fields, or null when the text is no placed id (upper case is none). */
export function parsePlaced(text: string): PlacedId | null {
  if (!PLACED.test(text)) return null;
  const bits = decodeBase32(text);
  const ms = Number(bits >> 110n);
  const random = bits & RANDOM_MASK;
  const typeBits = Number((bits >> RANDOM_BITS) & 63n);
  return {
    ms,
    partition: Number((bits >> 80n) & BigInt(PARTITION_MAX)),
    typeBits,
    type: TYPE_NAMES.get(typeBits) ?? null,
    random,
    uuid: formatUuid({ ms, random }),
  };
}

/** The pools spelling of a record's key. */
export function toPlaced(uuid: string, type: ResourceType, partition: number): string {
  const parts = parseUuid(uuid);
  if (parts === null) throw new TypeError('not a UUIDv7');
  return encodePlaced({ ...parts, partition, typeBits: RESOURCE_TYPES[type] });
}

/** The verification spelling: `toTagged(uuid, 'idn')` is `idn_…`. */
export function toTagged(uuid: string, tag: string): string {
  if (!UUID.test(uuid)) throw new TypeError('not a UUIDv7');
  return `${tag}_${encodeBase32(BigInt(`0x${uuid.replaceAll('-', '')}`), 26)}`;
}

/** @returns The UUID, or null when the text is malformed or carries another tag. */
export function parseTagged(text: string, tag: string): Uuid | null {
  if (!text.startsWith(`${tag}_`) || text.length !== tag.length + 27) return null;
  try {
    const hex = decodeBase32(text.slice(tag.length + 1))
      .toString(16)
      .padStart(32, '0');
    if (hex.length > 32) return null;
    const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    return isUuid(uuid) ? uuid : null;
  } catch (error) {
    if (error instanceof CrockfordError) return null;
    throw error;
  }
}

/** Issues UUIDv7s in strictly rising order within one generator, also when the clock steps back. */
export interface IdGenerator {
  next(): Uuid;
}

/**
 * @param source.nowMs Milliseconds since 1970.
 * @param source.randomBytes Cryptographic randomness; 10 bytes a fresh millisecond.
 */
export function createIdGenerator(source: {
  nowMs: () => number;
  randomBytes: (size: number) => Uint8Array;
}): IdGenerator {
  let lastMs = -1;
  let lastRandom = 0n;
  const draw = (): bigint => {
    let bits = 0n;
    for (const byte of source.randomBytes(10)) bits = (bits << 8n) | BigInt(byte);
    return bits & RANDOM_MASK;
  };
  return {
    next() {
      const now = source.nowMs();
      if (now > lastMs) {
        lastMs = now;
        lastRandom = draw();
      } else {
        // Same millisecond, or a clock that stepped back: count up by a random step, so that order is kept and
        // the next id still cannot be guessed from this one.
        lastRandom += (draw() & 0xffff_ffff_ffffn) + 1n;
        if (lastRandom > RANDOM_MASK) {
          lastMs += 1;
          lastRandom = draw();
        }
      }
      return formatUuid({ ms: lastMs, random: lastRandom });
    },
  };
}
