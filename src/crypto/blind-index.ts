import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { TrigramForm } from '../core/ports.ts';
import { Redacted } from './redacted.ts';

const TRIGRAM_BYTES = 8;
/**
 * Stands twice before a stored value and before a prefix that is looked for. No normalised value holds it.
 */
const START = '\u0002';

/** The keyed digests that let a pool's sealed values be found. Prints as `[redacted]`. */
export class BlindIndex extends Redacted {
  readonly #digestKey: KeyObject;
  readonly #trigramKey: KeyObject;

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
   * HMAC-SHA-256 of each three code points, cut to 8 bytes: distinct, sorted by bytes. `stored` and `prefix` have two
   * start markers in front, so that one code point is enough for a prefix; `contains` has none for fewer than three.
   * Each trigram of what is looked for is among the stored ones when the value contains, or begins with, it.
   */
  trigrams(space: string, normalised: string, form: TrigramForm = 'contains'): Buffer[] {
    const points = [...(form === 'contains' ? '' : START + START), ...normalised];
    const grams = new Set<string>();
    for (let at = 0; at + 3 <= points.length; at += 1) grams.add(points.slice(at, at + 3).join(''));
    const keyed = [...grams].map((gram) =>
      createHmac('sha256', this.#trigramKey)
        .update(prefixed(space, gram))
        .digest()
        .subarray(0, TRIGRAM_BYTES),
    );
    return keyed
      .sort(Buffer.compare)
      .filter((gram, at) => at === 0 || !gram.equals(keyed[at - 1] ?? Buffer.alloc(0)));
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
