import { createCipheriv, timingSafeEqual } from 'node:crypto';
import {
  decodeBase64,
  decodeKey,
  decodeNumbers,
  type HashFamily,
  problem,
  type ReadHash,
} from './encoded.ts';
import { deriveScryptKey, isScryptCostInBounds, scryptWork } from './scrypt.ts';

const CIPHER_KEY_BYTES = 32;

/**
 * Firebase's: `$firescrypt$ln=<log2 N>,r=<block size>,p=<parallelization>$<salt>$<hash>$<salt separator>$<signer key>`.
 * The hash is the project's signer key, encrypted under what scrypt makes of the password.
 */
export const firescrypt: HashFamily = {
  isNamedBy: (encoded) => encoded.startsWith('$firescrypt$'),
  read(encoded) {
    const parts = encoded.split('$');
    const [log2, blockSize, parallelization] = decodeNumbers(parts[2] ?? '', ['ln', 'r', 'p']) ?? [];
    if (log2 === undefined || blockSize === undefined || parallelization === undefined)
      return problem('malformed');
    const cost = { cost: 2 ** log2, blockSize, parallelization };
    if (log2 < 1 || !isScryptCostInBounds(cost)) return problem('cost_out_of_bounds');
    const [salt, separator] = [parts[3], parts[5]].map((part) => decodeBase64(part ?? '', 'padded'));
    const [digest, signerKey] = [parts[4], parts[6]].map((part) => decodeKey(part ?? '', 'padded'));
    if (parts.length !== 7 || !salt || !separator || !digest || !signerKey) return problem('malformed');
    if (digest.length !== signerKey.length) return problem('malformed');
    return {
      ok: true,
      format: 'firescrypt',
      work: scryptWork(cost),
      async matches(password) {
        const whole = Buffer.concat([salt, separator]);
        const key = await deriveScryptKey(password, whole, { ...cost, keyBytes: CIPHER_KEY_BYTES });
        // A fixed counter start is part of the format: every password and salt has a key of its own.
        const encrypted = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey);
        return timingSafeEqual(encrypted, digest);
      },
    } satisfies ReadHash;
  },
};
