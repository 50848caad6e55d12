import { timingSafeEqual } from 'node:crypto';
import type { CryptScheme } from './crypt-computation.ts';
import { type HashFamily, problem, type ReadHash } from './encoded.ts';

/** Those of md5-crypt are part of it, and of the others when the hash does not say. */
const MD5_ROUNDS = 1000;
const DEFAULT_ROUNDS = 5000;
/** The scheme itself allows 999,999,999, which take a quarter of an hour; nobody's default is above 656,000. */
export const ROUNDS = { min: 1000, max: 5_000_000 };

const SCHEMES: Readonly<Record<string, CryptScheme>> = {
  'md5-crypt': 'md5',
  'sha256-crypt': 'sha256',
  'sha512-crypt': 'sha512',
};
const NAMED = /^\$(md5-crypt|sha256-crypt|sha512-crypt)\$/;
const ROUNDS_FIELD = /^rounds=(\d{1,10})$/;
/** Printable, and no `$`; how long it may be, and how long the digest is, by scheme. */
const SALT = /^[!-#%-~]*$/;
const DIGEST = /^[./0-9A-Za-z]*$/;
const LENGTHS: Readonly<Record<CryptScheme, { readonly saltMax: number; readonly digest: number }>> = {
  md5: { saltMax: 8, digest: 22 },
  sha256: { saltMax: 16, digest: 43 },
  sha512: { saltMax: 16, digest: 86 },
};

interface Fields {
  readonly rounds: number;
  readonly salt: string;
  readonly digest: string;
}

function decodeFields(encoded: string, scheme: CryptScheme): Fields | null {
  const parts = encoded.split('$').slice(2);
  const stated = scheme === 'md5' ? undefined : ROUNDS_FIELD.exec(parts[0] ?? '')?.[1];
  const [salt, digest, ...more] = stated === undefined ? parts : parts.slice(1);
  if (salt === undefined || digest === undefined || more.length > 0) return null;
  const lengths = LENGTHS[scheme];
  if (salt.length > lengths.saltMax || digest.length !== lengths.digest) return null;
  if (!SALT.test(salt) || !DIGEST.test(digest)) return null;
  return { rounds: scheme === 'md5' ? MD5_ROUNDS : Number(stated ?? DEFAULT_ROUNDS), salt, digest };
}

/**
 * crypt(3): `$md5-crypt$<salt>$<digest>`, `$sha256-crypt$[rounds=<n>$]<salt>$<digest>` and sha512-crypt. What stands
 * behind the name is as after `$1$`, `$5$` and `$6$`.
 */
export const crypt: HashFamily = {
  isNamedBy: (encoded) => NAMED.test(encoded),
  read(encoded) {
    const format = NAMED.exec(encoded)?.[1];
    const scheme = SCHEMES[format ?? ''];
    const fields = scheme === undefined ? null : decodeFields(encoded, scheme);
    if (scheme === undefined || fields === null) return problem('malformed');
    const { rounds, salt, digest } = fields;
    if (rounds < ROUNDS.min || rounds > ROUNDS.max) return problem('cost_out_of_bounds');
    return {
      ok: true,
      format: `${scheme}-crypt`,
      work: { memoryKib: 0, milliseconds: rounds / 800 },
      async matches(password, { cryptThreads }) {
        const computed = await cryptThreads.compute({ scheme, password, salt, rounds });
        return timingSafeEqual(Buffer.from(computed), Buffer.from(digest));
      },
    } satisfies ReadHash;
  },
};
