import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import {
  decodeBase64,
  decodeKey,
  decodeNumbers,
  type HashFamily,
  problem,
  type ReadHash,
} from './encoded.ts';

const ITERATIONS_MAX = 10_000_000;
/**
 * By the name in the hash. Those of 224 and 384 bits mean SHA-3: the reference implementation wrote them so, and
 * stored hashes rely on it.
 */
const DIGESTS: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  'pbkdf2-sha1': { name: 'sha1', bytes: 20 },
  'pbkdf2-sha224': { name: 'sha3-224', bytes: 28 },
  'pbkdf2-sha256': { name: 'sha256', bytes: 32 },
  'pbkdf2-sha384': { name: 'sha3-384', bytes: 48 },
  'pbkdf2-sha512': { name: 'sha512', bytes: 64 },
};
const deriveKey = promisify(derive);

function digestOf(encoded: string): { readonly name: string; readonly bytes: number } | undefined {
  const name = encoded.split('$', 2)[1] ?? '';
  return Object.hasOwn(DIGESTS, name) ? DIGESTS[name] : undefined;
}

/**
 * `$pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<hash>`. The length of the key is that of the decoded hash, whatever
 * `l` says.
 */
export const pbkdf2: HashFamily = {
  isNamedBy: (encoded) => digestOf(encoded) !== undefined && encoded.startsWith('$'),
  read(encoded) {
    const digest = digestOf(encoded);
    const parts = encoded.split('$');
    const [iterations] = decodeNumbers(parts[2] ?? '', ['i', 'l']) ?? [];
    if (digest === undefined || parts.length !== 5 || iterations === undefined) return problem('malformed');
    if (iterations < 1 || iterations > ITERATIONS_MAX) return problem('cost_out_of_bounds');
    const salt = decodeBase64(parts[3] ?? '', 'raw');
    const key = decodeKey(parts[4] ?? '', 'raw');
    if (salt === null || key === null) return problem('malformed');
    const blocks = Math.ceil(key.length / digest.bytes);
    return {
      ok: true,
      format: 'pbkdf2',
      work: { memoryKib: 0, milliseconds: (iterations * blocks) / 2000 },
      async matches(password) {
        return timingSafeEqual(await deriveKey(password, salt, iterations, key.length, digest.name), key);
      },
    } satisfies ReadHash;
  },
};
