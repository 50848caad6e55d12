import { SealBroken } from '../core/errors.ts';
import type { IdentityId, PoolId, PoolVault, TrigramForm } from '../core/ports.ts';
import { IdentityDataKey, type RandomBytes } from './data-key.ts';
import type { PoolKeys } from './pool-keys.ts';
import { Redacted } from './redacted.ts';
import { KEY_BYTES, NONCE_BYTES, SealKey, sealedKeyVersion } from './seal.ts';

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
  /** For keys. */
  readonly randomBytes: RandomBytes;
  readonly nonceBytes: RandomBytes;
  /** Told when an envelope names a newer pool key than those at hand, that is, after a rotation elsewhere. */
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

  createIdentityKey(identityId: IdentityId): { key: IdentityDataKey; wrapped: Buffer } {
    const { keys, randomBytes, nonceBytes } = this.#deps;
    const secret = Buffer.from(randomBytes(KEY_NUMBER_BYTES + KEY_BYTES));
    const place = { pool: this.#poolId, record: identityId, section: KEY_SECTION };
    const wrapped = keys.newest.seal(place, secret, nonceBytes(NONCE_BYTES));
    return { key: this.#dataKey(identityId, secret), wrapped };
  }

  /** @throws SealBroken */
  openIdentityKey(identityId: IdentityId, wrapped: Uint8Array): IdentityDataKey {
    const place = { pool: this.#poolId, record: identityId, section: KEY_SECTION };
    const secret = this.#keyOf(wrapped).open(place, wrapped);
    if (secret.length !== KEY_NUMBER_BYTES + KEY_BYTES) throw new SealBroken('not an identity key');
    return this.#dataKey(identityId, secret);
  }

  digest(space: string, normalised: string): Buffer {
    return this.#deps.keys.index.digest(space, normalised);
  }

  trigrams(space: string, normalised: string, form?: TrigramForm): Buffer[] {
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

  /** @param secret Wiped afterwards. */
  #dataKey(identityId: IdentityId, secret: Buffer): IdentityDataKey {
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
