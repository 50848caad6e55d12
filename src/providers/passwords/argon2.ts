import { timingSafeEqual } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import {
  decodeBase64,
  decodeKey,
  decodeNumbers,
  type HashFamily,
  problem,
  type ReadHash,
  type Work,
} from './encoded.ts';

export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

const MAX: Argon2Cost = { memoryKib: 2 ** 20, passes: 10, lanes: 16 };
/** RFC 9106, section 3.1: eight blocks of 1 KiB a lane. */
const KIB_PER_LANE_MIN = 8;
/** The algorithm's own lower bound. */
const SALT_BYTES_MIN = 8;
const VARIANTS = { argon2i: 1, argon2id: 2 } as const;
/** The package's names for these exist in its types only. */
const VERSION_19 = 1;

export function argon2Work({ memoryKib, passes }: Argon2Cost): Work {
  return { memoryKib, milliseconds: (memoryKib * passes) / 1500 };
}

export function isArgon2CostInBounds({ memoryKib, passes, lanes }: Argon2Cost): boolean {
  if (passes < 1 || passes > MAX.passes || lanes < 1 || lanes > MAX.lanes) return false;
  return memoryKib >= lanes * KIB_PER_LANE_MIN && memoryKib <= MAX.memoryKib;
}

/** Null for anything else; shared with the decision whether to hash anew. */
export function readArgon2Cost(encoded: string): Argon2Cost | null {
  const [memoryKib, passes, lanes] = decodeNumbers(encoded.split('$')[3] ?? '', ['m', 't', 'p']) ?? [];
  return memoryKib === undefined || passes === undefined || lanes === undefined
    ? null
    : { memoryKib, passes, lanes };
}

/** `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>`, and argon2i. */
export const argon2: HashFamily = {
  isNamedBy: (encoded) => /^\$argon2id?\$/.test(encoded),
  read(encoded) {
    const parts = encoded.split('$');
    const [, format, version, , saltText, keyText] = parts;
    const cost = readArgon2Cost(encoded);
    if (parts.length !== 6 || version !== 'v=19' || cost === null) return problem('malformed');
    if (!isArgon2CostInBounds(cost)) return problem('cost_out_of_bounds');
    const salt = decodeBase64(saltText ?? '', 'raw');
    const key = decodeKey(keyText ?? '', 'raw');
    if (salt === null || salt.length < SALT_BYTES_MIN || key === null) return problem('malformed');
    const variant = format === 'argon2i' ? 'argon2i' : 'argon2id';
    return {
      ok: true,
      format: variant,
      work: argon2Work(cost),
      async matches(password) {
        const computed = await hashRaw(password, {
          ...{ memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.lanes },
          ...{ algorithm: VARIANTS[variant], version: VERSION_19, salt, outputLen: key.length },
        });
        return timingSafeEqual(computed, key);
      },
    } satisfies ReadHash;
  },
};
