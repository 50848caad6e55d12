import { scrypt as derive, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import {
  decodeBase64,
  decodeKey,
  decodeNumbers,
  type HashFamily,
  problem,
  type ReadHash,
  type Work,
} from './encoded.ts';

export interface ScryptCost {
  /** `N`. */
  readonly cost: number;
  /** `r`. */
  readonly blockSize: number;
  /** `p`; one after the other. */
  readonly parallelization: number;
}

const MAX: ScryptCost = { cost: 131_072, blockSize: 8, parallelization: 10 };

export function isScryptCostInBounds({ cost, blockSize, parallelization }: ScryptCost): boolean {
  const isSmall = cost <= MAX.cost && blockSize <= MAX.blockSize && parallelization <= MAX.parallelization;
  return isSmall && cost >= 1 && blockSize >= 1 && parallelization >= 1;
}

export function scryptWork({ cost, blockSize, parallelization }: ScryptCost): Work {
  const kib = (cost * blockSize) / 8;
  return { memoryKib: kib, milliseconds: (kib * parallelization) / 350 };
}

/** In a thread of the runtime, not on the event loop. */
export function deriveScryptKey(
  password: Buffer,
  salt: Buffer,
  { keyBytes, ...cost }: ScryptCost & { keyBytes: number },
): Promise<Buffer> {
  // Twice what the algorithm says: the runtime counts its own needs too.
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.cost * cost.blockSize + 2 ** 20 };
  return new Promise((resolve, reject) => {
    derive(password, salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Not with one: RFC 7914, section 2, wants a power of two above it. */
export function isPowerOfTwo(cost: number): boolean {
  return cost > 1 && Number.isInteger(Math.log2(cost));
}

/** `$scrypt$ln=<N>,r=<block size>,p=<parallelization>$<salt>$<hash>`: `ln` is N itself, not its logarithm. */
export const scrypt: HashFamily = {
  isNamedBy: (encoded) => encoded.startsWith('$scrypt$'),
  read(encoded) {
    const parts = encoded.split('$');
    const [n, blockSize, parallelization] = decodeNumbers(parts[2] ?? '', ['ln', 'r', 'p']) ?? [];
    if (n === undefined || blockSize === undefined || parallelization === undefined)
      return problem('malformed');
    const cost = { cost: n, blockSize, parallelization };
    if (!isScryptCostInBounds(cost)) return problem('cost_out_of_bounds');
    const salt = decodeBase64(parts[3] ?? '', 'padded');
    const key = decodeKey(parts[4] ?? '', 'padded');
    if (parts.length !== 5 || !isPowerOfTwo(n) || salt === null || key === null) return problem('malformed');
    return {
      ok: true,
      format: 'scrypt',
      work: scryptWork(cost),
      async matches(password) {
        return timingSafeEqual(await deriveScryptKey(password, salt, { ...cost, keyBytes: key.length }), key);
      },
    } satisfies ReadHash;
  },
};
