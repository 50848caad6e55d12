import { hash } from 'node:crypto';
import { RootKeyMismatch } from '../core/errors.ts';
import type { KeyManagementService } from '../core/ports.ts';
import type { RandomBytes } from './data-key.ts';
import { Redacted } from './redacted.ts';
import { KEY_BYTES, NONCE_BYTES, SealKey } from './seal.ts';

const FINGERPRINT_LABEL = 'selfsame/root-key-id/v1';

/**
 * Names a root key without telling anything about it: 16 hex digits of SHA-256 over a fixed label and the
 * key.
 */
export function fingerprintOf(secret: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(FINGERPRINT_LABEL), secret]), 'hex').slice(0, 16);
}

/** The fingerprint that a key id of this family carries; null for any other. */
export function fingerprintIn(keyId: string): string | null {
  return /^(?:file|environment):([0-9a-f]{16})$/.exec(keyId)?.[1] ?? null;
}

/**
 * Root keys in this process's memory. A key id is `file:` or `environment:` and the fingerprint; only the
 * latter counts when opening, so that a root key may move from a file to the environment without re-wrapping
 * anything. Prints as `[redacted]`.
 */
export class LocalKms extends Redacted implements KeyManagementService {
  readonly #source: 'file' | 'environment';
  readonly #current: { readonly fingerprint: string; readonly key: SealKey };
  readonly #keys: ReadonlyMap<string, SealKey>;
  readonly #randomBytes: RandomBytes;

  /**
   * @param secrets Each 32 bytes; the first one wraps, all of them open. Copied.
   * @param before Its keys go on opening.
   */
  constructor(deps: {
    source: 'file' | 'environment';
    secrets: readonly [Uint8Array, ...Uint8Array[]];
    randomBytes: RandomBytes;
    before?: LocalKms;
  }) {
    super();
    const [current] = deps.secrets;
    this.#source = deps.source;
    this.#current = { fingerprint: fingerprintOf(current), key: new SealKey(current, 0) };
    this.#keys = new Map([
      ...(deps.before === undefined ? [] : deps.before.#keys),
      ...deps.secrets.map((secret) => [fingerprintOf(secret), new SealKey(secret, 0)] as const),
    ]);
    this.#randomBytes = deps.randomBytes;
  }

  async currentKeyId(): Promise<string> {
    return this.#id(this.#current.fingerprint);
  }

  async wrap(plaintext: Uint8Array, context: string): Promise<{ keyId: string; wrapped: Buffer }> {
    const { fingerprint, key } = this.#current;
    const wrapped = key.seal(placeOf(context), plaintext, this.#randomBytes(NONCE_BYTES));
    return { keyId: this.#id(fingerprint), wrapped };
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Buffer> {
    const key = this.#keys.get(fingerprintIn(keyId) ?? '');
    if (key === undefined) {
      const held = [...this.#keys.keys()].map((fingerprint) => this.#id(fingerprint)).join(', ');
      throw new RootKeyMismatch(`The data needs the root key ${keyId}, but the one at hand is ${held}.`);
    }
    return key.open(placeOf(context), wrapped);
  }

  holds(keyId: string): boolean {
    return this.#keys.has(fingerprintIn(keyId) ?? '');
  }

  #id(fingerprint: string): string {
    return `${this.#source}:${fingerprint}`;
  }
}

/** Whether these bytes can be a root key: 32 of them, and not all the same (a placeholder such as zeros). */
export function isRootKey(secret: Uint8Array): boolean {
  return secret.length === KEY_BYTES && secret.some((byte) => byte !== secret[0]);
}

function placeOf(context: string): { pool: string; record: string; section: string } {
  return { pool: '', record: 'root', section: context };
}
