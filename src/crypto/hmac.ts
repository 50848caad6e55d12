import { hash } from 'node:crypto';
import { Redacted } from './redacted.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * HMAC-SHA-256 (RFC 2104) of many short messages under one key: two one-shot hashes, without the object that the runtime
 * makes for each HMAC, which takes longer than both (2.6 µs against 1.1 µs) and has to be collected. Prints as `[redacted]`.
 */
export class Hmac extends Redacted {
  readonly #inner = Buffer.alloc(BLOCK_BYTES, INNER);
  /** With room behind it for the inner digest. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, OUTER);

  /** @param key At most 64 bytes; copied. */
  constructor(key: Uint8Array) {
    super();
    if (key.length > BLOCK_BYTES) throw new RangeError('a key has at most 64 bytes');
    for (const [index, byte] of key.entries()) {
      this.#inner[index] = INNER ^ byte;
      this.#outer[index] = OUTER ^ byte;
    }
  }

  /** @returns 32 bytes. */
  digest(message: Uint8Array): Buffer {
    const data = Buffer.allocUnsafe(BLOCK_BYTES + message.length);
    data.set(this.#inner);
    data.set(message, BLOCK_BYTES);
    // As text: the runtime makes a short string faster than a buffer of its own.
    this.#outer.write(hash('sha256', data, 'binary'), BLOCK_BYTES, 'latin1');
    return Buffer.from(hash('sha256', this.#outer, 'binary'), 'latin1');
  }
}
