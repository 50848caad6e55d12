import { hash, timingSafeEqual } from 'node:crypto';
import { decodeBase64, type HashFamily, LITTLE_WORK, problem, type ReadHash } from './encoded.ts';

const NAMED = /^\{(SSHA|SSHA256|SSHA512)\}/;
const DIGESTS: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  SSHA: { name: 'sha1', bytes: 20 },
  SSHA256: { name: 'sha256', bytes: 32 },
  SSHA512: { name: 'sha512', bytes: 64 },
};

/** As directories (LDAP) keep them: `{SSHA256}` and the Base64 of digest and salt. A salt there must be. */
export const ssha: HashFamily = {
  isNamedBy: (encoded) => NAMED.test(encoded),
  read(encoded) {
    const [prefix = '', scheme = ''] = NAMED.exec(encoded) ?? [];
    const digest = DIGESTS[scheme];
    const bytes = decodeBase64(encoded.slice(prefix.length), 'padded');
    if (digest === undefined || bytes === null || bytes.length <= digest.bytes) return problem('malformed');
    const [expected, salt] = [bytes.subarray(0, digest.bytes), bytes.subarray(digest.bytes)];
    return {
      ok: true,
      format: 'ssha',
      work: LITTLE_WORK,
      matches: async (password) =>
        timingSafeEqual(hash(digest.name, Buffer.concat([password, salt]), 'buffer'), expected),
    } satisfies ReadHash;
  },
};
