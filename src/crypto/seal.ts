import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { SealBroken } from '../core/errors.ts';
import { Redacted } from './redacted.ts';

/** The format this code writes; the first byte of everything sealed. */
export const SEAL_FORMAT = 1;
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + 4 + NONCE_BYTES;
/** What sealing adds to the length of the plaintext. */
export const SEAL_OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;
const VERSION_MAX = 2 ** 32 - 1;
const CIPHER = 'aes-256-gcm';
const TAG_LENGTH = { authTagLength: TAG_BYTES };

/**
 * Where a sealed value belongs. It opens at no other place.
 * Lone surrogates are read as U+FFFD; ids and section names have none.
 */
export interface SealPlace {
  /** A pool's id, or empty above pools. */
  readonly pool: string;
  /** The record within the pool, usually an identity's id. */
  readonly record: string;
  /** The part of the record: `profile`, `credentials:password`. */
  readonly section: string;
}

/** An AES-256 key with the number that envelopes carry; prints as `[redacted]`. */
export class SealKey extends Redacted {
  readonly #secret: KeyObject;
  /** Unsigned 32 bits. Says which of several keys opens an envelope, before any is tried. */
  readonly version: number;

  /** @param secret 32 bytes; copied, so the caller may wipe its own. */
  constructor(secret: Uint8Array, version: number) {
    super();
    if (secret.length !== KEY_BYTES) throw new RangeError('a seal key has 32 bytes');
    if (!Number.isInteger(version) || version < 0 || version > VERSION_MAX) {
      throw new RangeError('a key version is an unsigned 32-bit integer');
    }
    // A KeyObject rather than bytes: OpenSSL then takes a quarter of the time (3 µs against 13 µs for 800
    // bytes).
    this.#secret = createSecretKey(secret);
    this.version = version;
  }

  /**
   * AES-256-GCM (NIST SP 800-38D). The envelope: format (1 byte), key version (4, big endian), nonce (12),
   * ciphertext (as long as the plaintext), tag (16).
   *
   * @param nonce 12 random bytes, never used before with this key; random ones are safe for 2^32 seals of a
   *   key.
   */
  seal(place: SealPlace, plaintext: Uint8Array, nonce: Uint8Array): Buffer {
    if (nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 12 bytes');
    const cipher = createCipheriv(CIPHER, this.#secret, nonce, TAG_LENGTH);
    cipher.setAAD(associatedData(place, this.version));
    const sealed = Buffer.allocUnsafe(SEAL_OVERHEAD_BYTES + plaintext.length);
    sealed[0] = SEAL_FORMAT;
    sealed.writeUInt32BE(this.version, 1);
    sealed.set(nonce, 5);
    sealed.set(cipher.update(plaintext), HEADER_BYTES);
    cipher.final();
    sealed.set(cipher.getAuthTag(), HEADER_BYTES + plaintext.length);
    return sealed;
  }

  /**
   * @throws SealBroken Another key, version or place, another format, cut, extended or changed bytes: all
   *   look the same but for `detail`, which names neither key nor content.
   */
  open(place: SealPlace, sealed: Uint8Array): Buffer {
    if (sealedKeyVersion(sealed) !== this.version) throw new SealBroken('sealed under another key version');
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#secret, sealed.subarray(5, HEADER_BYTES), TAG_LENGTH);
    decipher.setAAD(associatedData(place, this.version));
    decipher.setAuthTag(sealed.subarray(end));
    const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, end));
    try {
      decipher.final();
    } catch (error) {
      throw new SealBroken('sealed under another key or for another place, or changed', error);
    }
    return plaintext;
  }
}

/**
 * The version that an envelope names. Not authenticated until it is opened.
 *
 * @throws SealBroken Too short, or a format that this code does not know.
 */
export function sealedKeyVersion(sealed: Uint8Array): number {
  if (sealed.length < SEAL_OVERHEAD_BYTES) throw new SealBroken('too short for a sealed value');
  if (sealed[0] !== SEAL_FORMAT) throw new SealBroken('unknown seal format');
  return (
    (((sealed[1] ?? 0) << 24) | ((sealed[2] ?? 0) << 16) | ((sealed[3] ?? 0) << 8) | (sealed[4] ?? 0)) >>> 0
  );
}

/**
 * Format, key version, then pool, record and section, each after its length, so that no two places look
 * alike.
 */
function associatedData({ pool, record, section }: SealPlace, version: number): Buffer {
  const poolBytes = Buffer.byteLength(pool);
  const recordBytes = Buffer.byteLength(record);
  const sectionBytes = Buffer.byteLength(section);
  const data = Buffer.allocUnsafe(5 + 12 + poolBytes + recordBytes + sectionBytes);
  data[0] = SEAL_FORMAT;
  data.writeUInt32BE(version, 1);
  let at = data.writeUInt32BE(poolBytes, 5);
  at += data.write(pool, at);
  at = data.writeUInt32BE(recordBytes, at);
  at += data.write(record, at);
  at = data.writeUInt32BE(sectionBytes, at);
  data.write(section, at);
  return data;
}
