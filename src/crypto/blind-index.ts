import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { TrigramForm } from '../core/ports.ts';
import { Redacted } from './redacted.ts';

const TRIGRAM_BYTES = 8;
/** One block of the cipher: three code points are at most 12 bytes, their number of bytes is the last one. */
const BLOCK_BYTES = 16;
const SPACES_MAX = 1000;
/**
 * Stands twice before a stored value and before a prefix that is looked for. No normalised value holds it.
 */
const START = '\u0002';

/** The keyed digests that let a pool's sealed values be found. Prints as `[redacted]`. */
export class BlindIndex extends Redacted {
  readonly #digestKey: KeyObject;
  readonly #trigramKey: KeyObject;
  readonly #spaceKeys = new Map<string, KeyObject>();

  /** @param key 32 bytes; copied. */
  constructor(key: Uint8Array) {
    super();
    this.#digestKey = createSecretKey(key);
    // A key of its own: otherwise the digest of a value of three characters would begin with its trigram.
    const trigramKey = createHmac('sha256', this.#digestKey).update('selfsame/trigrams/v1').digest();
    this.#trigramKey = createSecretKey(trigramKey);
    trigramKey.fill(0);
  }

  /** HMAC-SHA-256 over the space's length (4 bytes), the space and the value: 32 bytes. */
  digest(space: string, normalised: string): Buffer {
    return createHmac('sha256', this.#digestKey).update(prefixed(space, normalised)).digest();
  }

  /**
   * Each three code points as one block under AES-256 with a key of the space, cut to 8 bytes: distinct, sorted by bytes.
   * A block cipher is a pseudo-random function of such short inputs, and does them all in one call: 22 of them in a tenth
   * of the time that as many HMACs take. `stored` and `prefix` have two start markers in front, so that one code point is
   * enough for a prefix; `contains` has none for fewer than three. Each trigram of what is looked for is among the stored
   * ones when the value contains, or begins with, it.
   */
  trigrams(space: string, normalised: string, form: TrigramForm = 'contains'): Buffer[] {
    const points = [...(form === 'contains' ? '' : START + START), ...normalised];
    const grams = new Set<string>();
    for (let at = 0; at + 3 <= points.length; at += 1) grams.add(points.slice(at, at + 3).join(''));
    if (grams.size === 0) return [];
    const blocks = Buffer.alloc(grams.size * BLOCK_BYTES);
    let at = 0;
    for (const gram of grams) {
      blocks[at + BLOCK_BYTES - 1] = blocks.write(gram, at);
      at += BLOCK_BYTES;
    }
    const cipher = createCipheriv('aes-256-ecb', this.#spaceKey(space), null).setAutoPadding(false);
    const keyed = cipher.update(blocks);
    const cut: Buffer[] = [];
    for (let from = 0; from < keyed.length; from += BLOCK_BYTES) {
      cut.push(keyed.subarray(from, from + TRIGRAM_BYTES));
    }
    return cut
      .sort(Buffer.compare)
      .filter((gram, index) => index === 0 || !gram.equals(cut[index - 1] ?? Buffer.alloc(0)));
  }

  #spaceKey(space: string): KeyObject {
    const known = this.#spaceKeys.get(space);
    if (known !== undefined) return known;
    const secret = createHmac('sha256', this.#trigramKey).update(space).digest();
    const key = createSecretKey(secret);
    secret.fill(0);
    if (this.#spaceKeys.size < SPACES_MAX) this.#spaceKeys.set(space, key);
    return key;
  }
}

/** `ab` in space `c` and `b` in space `ca` must not look alike. */
function prefixed(space: string, value: string): Buffer {
  const spaceBytes = Buffer.byteLength(space);
  const data = Buffer.allocUnsafe(4 + spaceBytes + Buffer.byteLength(value));
  data.writeUInt32BE(spaceBytes, 0);
  data.write(space, 4);
  data.write(value, 4 + spaceBytes);
  return data;
}
