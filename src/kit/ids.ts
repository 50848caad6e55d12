import {
  msOf,
  PARTITION_MAX,
  PLACED_ID_PATTERN,
  randomOf,
  randomWords,
  readPlaced,
  readTagged,
  readUuid,
  timeWords,
  toWords,
  UUID,
  writePlaced,
  writeTagged,
  writeUuid,
} from './id-words.ts';

export { PARTITION_MAX, PLACED_ID_PATTERN };

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
  return writeUuid(toWords(ms, random)) as Uuid;
}

/** @returns The parts, or null when the text is no lower-case UUIDv7. */
export function parseUuid(text: string): UuidParts | null {
  const words = readUuid(text);
  return words === null ? null : { ms: msOf(words), random: randomOf(words) };
}

/**
 * A UUIDv7 with the time of another and its random part from a digest: ids that follow from a value.
 * @throws TypeError The other is no UUIDv7.
 */
export function uuidOfDigest(datedBy: Uuid, digest: Buffer): Uuid {
  const words = readUuid(datedBy);
  if (words === null) throw new TypeError('not a UUIDv7');
  return writeUuid({ ...words, ...randomWords(digest) }) as Uuid;
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
  return writePlaced(toWords(fields.ms, fields.random), fields.partition, fields.typeBits);
}

/** @returns The fields, or null when the text is no placed id (upper case is none). */
export function parsePlaced(text: string): PlacedId | null {
  const read = readPlaced(text);
  if (read === null) return null;
  const { words, partition, typeBits } = read;
  return {
    ms: msOf(words),
    partition,
    typeBits,
    type: TYPE_NAMES.get(typeBits) ?? null,
    random: randomOf(words),
    uuid: writeUuid(words) as Uuid,
  };
}

/** The pools spelling of a record's key. */
export function toPlaced(uuid: string, type: ResourceType, partition: number): string {
  const words = readUuid(uuid);
  if (words === null) throw new TypeError('not a UUIDv7');
  return writePlaced(words, partition, RESOURCE_TYPES[type]);
}

/** The verification spelling: `toTagged(uuid, 'idn')` is `idn_…`. */
export function toTagged(uuid: string, tag: string): string {
  const words = readUuid(uuid);
  if (words === null) throw new TypeError('not a UUIDv7');
  return `${tag}_${writeTagged(words)}`;
}

/** @returns The UUID, or null when the text is malformed or carries another tag. */
export function parseTagged(text: string, tag: string): Uuid | null {
  if (!text.startsWith(`${tag}_`)) return null;
  const words = readTagged(text.slice(tag.length + 1));
  return words === null ? null : (writeUuid(words) as Uuid);
}

const SEQUENCE_EPOCH_MS = Date.UTC(2024, 0, 1);

/**
 * A whole number that rises with the ids of one generator, strictly; below 2^53 until 2093. Of two processes' ids within
 * one millisecond it may be the same.
 */
export function sequenceOf(uuid: string): number {
  const words = readUuid(uuid);
  if (words === null) throw new TypeError('not a UUIDv7');
  const ms = words.msHigh * 2 ** 24 + (words.msLow >>> 0);
  return (ms - SEQUENCE_EPOCH_MS) * 4096 + (words.top >> 2);
}

const ID_BYTES = 10;
const COUNTER_MAX = 2 ** 12 - 1;

/** Issues UUIDv7s in strictly rising order within one generator, also when the clock steps back. */
export interface IdGenerator {
  next(): Uuid;
}

/**
 * @param source.nowMs Milliseconds since 1970.
 * @param source.randomBytes Cryptographic randomness; 10 bytes an id.
 */
export function createIdGenerator(source: {
  nowMs: () => number;
  randomBytes: (size: number) => Uint8Array;
}): IdGenerator {
  let lastMs = -1;
  let counter = 0;
  return {
    next() {
      const { top, a, b, c } = randomWords(asBuffer(source.randomBytes(ID_BYTES)));
      const now = source.nowMs();
      // Same millisecond, or a clock that stepped back: the first 12 random bits count up (RFC 9562, 6.2, method 1) and the
      // others are drawn anew, so that order is kept and the next id cannot be guessed from this one.
      if (now <= lastMs && counter < COUNTER_MAX) counter += 1;
      else {
        lastMs = now > lastMs ? now : lastMs + 1;
        counter = top >> 2;
      }
      return writeUuid({ ...timeWords(lastMs), top: (counter << 2) | (top & 3), a, b, c }) as Uuid;
    },
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
