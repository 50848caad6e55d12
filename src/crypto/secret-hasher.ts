import { createHash, timingSafeEqual } from 'node:crypto';
import type { SecretHasher } from '../core/deps.ts';

/** SHA-256 over length-prefixed parts: for secrets with so much randomness that they cannot be guessed. */
export const secretHasher: SecretHasher = {
  hash(...parts) {
    const hash = createHash('sha256');
    for (const part of parts) {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hash.update(length).update(bytes);
    }
    return hash.digest();
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
