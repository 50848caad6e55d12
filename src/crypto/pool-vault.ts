import { SealBroken } from '../core/errors.ts';
import type { PoolId, PoolVault, TrigramForm, Trigrams } from '../core/ports.ts';
import type { Uuid } from '../kit/ids.ts';
import { IdentityDataKey, type RandomBytes } from './data-key.ts';
import type { PoolKeys } from './pool-keys.ts';
import { Redacted } from './redacted.ts';
import { KEY_BYTES, NONCE_BYTES, SealKey, type SealPlace, sealedKeyVersion } from './seal.ts';

/**
 * The section of a wrapped identity key, and the record of what belongs to the pool itself (no uuid is
 * `pool`).
 */
const KEY_SECTION = 'identity-key';
const POOL_RECORD = 'pool';
/** A random number before the key: it names the key in what the key seals. */
const KEY_NUMBER_BYTES = 4;

export interface PoolVaultDeps {
  readonly keys: PoolKeys;
  /** For keys; what it gives is wiped once the key is made. */
  readonly keyBytes: RandomBytes;
  readonly nonceBytes: RandomBytes;
  /**
   * Told when an envelope names a newer pool key than those at hand, that is, after a rotation elsewhere. May throw
   * what kept that key from being loaded.
   */
  readonly onNewerVersion: () => void;
}

/** One pool's opened keys; immutable. Prints as `[redacted]`. */
export class OpenPoolVault extends Redacted implements PoolVault {
  readonly #poolId: PoolId;
  readonly #deps: PoolVaultDeps;

  constructor(poolId: PoolId, deps: PoolVaultDeps) {
    super();
    this.#poolId = poolId;
    this.#deps = deps;
  }

  createIdentityKey(identityId: Uuid): { key: IdentityDataKey; wrapped: Buffer } {
    const { keys, keyBytes, nonceBytes } = this.#deps;
    const { buffer, byteOffset, length } = keyBytes(KEY_NUMBER_BYTES + KEY_BYTES);
    const secret = Buffer.from(buffer, byteOffset, length);
    const wrapped = keys.newest.seal(this.#keyPlace(identityId), secret, nonceBytes(NONCE_BYTES));
    return { key: this.#dataKey(identityId, secret), wrapped };
  }

  /** @throws SealBroken */
  openIdentityKey(identityId: Uuid, wrapped: Uint8Array): IdentityDataKey {
    return this.#dataKey(identityId, this.#unwrap(identityId, wrapped));
  }

  /** @throws SealBroken */
  rewrapIdentityKey(recordId: Uuid, wrapped: Uint8Array): Buffer | null {
    const { keys, nonceBytes } = this.#deps;
    if (sealedKeyVersion(wrapped) === keys.newest.version) return null;
    const secret = this.#unwrap(recordId, wrapped);
    try {
      return keys.newest.seal(this.#keyPlace(recordId), secret, nonceBytes(NONCE_BYTES));
    } finally {
      secret.fill(0);
    }
  }

  digest(space: string, normalised: string): Buffer {
    return this.#deps.keys.index.digest(space, normalised);
  }

  trigrams(space: string, normalised: string, form?: TrigramForm): Trigrams {
    return this.#deps.keys.index.trigrams(space, normalised, form);
  }

  seal(section: string, plaintext: Uint8Array): Buffer {
    const { keys, nonceBytes } = this.#deps;
    const place = { pool: this.#poolId, record: POOL_RECORD, section };
    return keys.newest.seal(place, plaintext, nonceBytes(NONCE_BYTES));
  }

  /** @throws SealBroken */
  open(section: string, sealed: Uint8Array): Buffer {
    return this.#keyOf(sealed).open({ pool: this.#poolId, record: POOL_RECORD, section }, sealed);
  }

  #keyPlace(record: Uuid): SealPlace {
    return { pool: this.#poolId, record, section: KEY_SECTION };
  }

  #unwrap(record: Uuid, wrapped: Uint8Array): Buffer {
    const secret = this.#keyOf(wrapped).open(this.#keyPlace(record), wrapped);
    if (secret.length !== KEY_NUMBER_BYTES + KEY_BYTES) throw new SealBroken('not an identity key');
    return secret;
  }

  /** @param secret Wiped afterwards. */
  #dataKey(identityId: Uuid, secret: Buffer): IdentityDataKey {
    const key = new SealKey(secret.subarray(KEY_NUMBER_BYTES), secret.readUInt32BE(0));
    secret.fill(0);
    return new IdentityDataKey(key, { pool: this.#poolId, record: identityId }, this.#deps.nonceBytes);
  }

  #keyOf(sealed: Uint8Array): SealKey {
    const { keys, onNewerVersion } = this.#deps;
    const version = sealedKeyVersion(sealed);
    const key = keys.byVersion.get(version);
    if (key !== undefined) return key;
    if (version > keys.newest.version) onNewerVersion();
    throw new SealBroken(`pool key version ${version} is not loaded`);
  }
}
