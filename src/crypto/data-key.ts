import type { DataKey } from '../core/ports.ts';
import { Redacted } from './redacted.ts';
import { NONCE_BYTES, type SealKey } from './seal.ts';

export type RandomBytes = (size: number) => Uint8Array;

/** One identity's key, bound to that identity. Prints as `[redacted]`. */
export class IdentityDataKey extends Redacted implements DataKey {
  readonly #key: SealKey;
  readonly #place: { readonly pool: string; readonly record: string };
  readonly #nonceBytes: RandomBytes;

  constructor(key: SealKey, place: { pool: string; record: string }, nonceBytes: RandomBytes) {
    super();
    this.#key = key;
    this.#place = place;
    this.#nonceBytes = nonceBytes;
  }

  seal(section: string, plaintext: Uint8Array): Buffer {
    const { pool, record } = this.#place;
    return this.#key.seal({ pool, record, section }, plaintext, this.#nonceBytes(NONCE_BYTES));
  }

  /** @throws SealBroken */
  open(section: string, sealed: Uint8Array): Buffer {
    const { pool, record } = this.#place;
    return this.#key.open({ pool, record, section }, sealed);
  }
}
