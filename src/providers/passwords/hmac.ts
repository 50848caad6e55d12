import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64, type HashFamily, LITTLE_WORK, problem, type ReadHash } from './encoded.ts';
import { md4 } from './md4.ts';

const DIGEST_BYTES = { md4: 16, md5: 16, sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;
type Digest = keyof typeof DIGEST_BYTES;

const NAMED = /^\$hmac-(md4|md5|sha1|sha224|sha256|sha384|sha512)\$/;
const BLOCK_BYTES = 64;

/** RFC 2104 over MD4, for which the runtime has no HMAC either. */
function hmacMd4(key: Buffer, message: Buffer): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  (key.length > BLOCK_BYTES ? md4(key) : key).copy(block);
  const inner = md4(Buffer.concat([block.map((byte) => byte ^ 0x36), message]));
  return md4(Buffer.concat([block.map((byte) => byte ^ 0x5c), inner]));
}

export function hmacOf(name: Digest, key: Buffer, message: Buffer): Buffer {
  return name === 'md4' ? hmacMd4(key, message) : createHmac(name, key).update(message).digest();
}

/** `$hmac-sha256$<Base64 of the digest in lower-case hex>$<Base64 of the key>`; the message is the password. */
export const hmac: HashFamily = {
  isNamedBy: (encoded) => NAMED.test(encoded),
  read(encoded) {
    const name = NAMED.exec(encoded)?.[1] as Digest | undefined;
    const parts = encoded.split('$');
    const hex = decodeBase64(parts[2] ?? '', 'padded')?.toString('latin1') ?? '';
    const key = decodeBase64(parts[3] ?? '', 'padded');
    if (name === undefined || parts.length !== 4 || key === null) return problem('malformed');
    if (hex.length !== DIGEST_BYTES[name] * 2 || !/^[0-9a-f]+$/.test(hex)) return problem('malformed');
    const digest = Buffer.from(hex, 'hex');
    return {
      ok: true,
      format: 'hmac',
      work: LITTLE_WORK,
      matches: async (password) => timingSafeEqual(hmacOf(name, key, password), digest),
    } satisfies ReadHash;
  },
};
