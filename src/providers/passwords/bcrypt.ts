import { timingSafeEqual } from 'node:crypto';
import { hash } from '@node-rs/bcrypt';
import { BCRYPT_BYTES_MAX } from '../../core/passwords/ports.ts';
import { type HashFamily, problem, type ReadHash, type Work } from './encoded.ts';

const COST = { min: 4, max: 15 };
/** bcrypt's own Base64: another order of characters, and no padding. */
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LAYOUT = /^\$2[abyz]?\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

export function bcryptWork(cost: number): Work {
  return { memoryKib: 4, milliseconds: (2 ** cost / 4096) * 220 };
}

/** Spare bits of the last character are ignored: there are programs that write them. */
function decodeSalt(text: string): Buffer {
  return Buffer.from(
    text.replace(/./g, (character) => PLAIN[ALPHABET.indexOf(character)] ?? ''),
    'base64',
  );
}

/**
 * `$2$`, `$2a$`, `$2b$`, `$2y$`, `$2z$`, all computed alike: with the terminating zero, and without the sign error of
 * some early programs. A password of more than 72 bytes is wrong, never cut.
 */
export const bcrypt: HashFamily = {
  isNamedBy: (encoded) => /^\$2[abyz]?\$/.test(encoded),
  read(encoded) {
    const [, digits, salt, digest] = LAYOUT.exec(encoded) ?? [];
    if (digits === undefined || salt === undefined || digest === undefined) return problem('malformed');
    const cost = Number(digits);
    if (cost < COST.min || cost > COST.max) return problem('cost_out_of_bounds');
    return {
      ok: true,
      format: 'bcrypt',
      work: bcryptWork(cost),
      passwordBytesMax: BCRYPT_BYTES_MAX,
      async matches(password) {
        const computed = await hash(password, cost, decodeSalt(salt));
        return timingSafeEqual(Buffer.from(computed.slice(-digest.length)), Buffer.from(digest));
      },
    } satisfies ReadHash;
  },
};
