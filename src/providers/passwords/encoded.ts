import type { HashFormat, HashInspection, HashProblem } from '../../core/passwords/ports.ts';
import type { CryptThreads } from './crypt-threads.ts';

/** Longer than any hash that somebody made on purpose. */
export const ENCODED_CHARACTERS_MAX = 4096;
/** Of a derived key. Fewer can be guessed; more multiply the work of pbkdf2 beyond what its iterations say. */
const KEY_BYTES = { min: 8, max: 128 };

/** What one verification takes, roughly: enough to tell what must not run beside others of its kind. */
export interface Work {
  readonly memoryKib: number;
  /** On one common core of today; right to a factor of three. */
  readonly milliseconds: number;
}

/** No work to speak of. */
export const LITTLE_WORK: Work = { memoryKib: 0, milliseconds: 1 };

/** A hash whose layout and cost were found in order. */
export interface ReadHash {
  readonly ok: true;
  readonly format: HashFormat;
  readonly work: Work;
  /** Longer passwords are wrong ones. */
  readonly passwordBytesMax?: number;
  /** Of the password's UTF-8 bytes, in a time that does not depend on how much of the result is alike. */
  matches(password: Buffer, tools: { readonly cryptThreads: CryptThreads }): Promise<boolean>;
}

export type Reading = ReadHash | Extract<HashInspection, { ok: false }>;

/** One family of layouts. */
export interface HashFamily {
  /** Whether the hash names this family, in whatever state the rest of it is. */
  isNamedBy(encoded: string): boolean;
  read(encoded: string): Reading;
}

export function problem(name: HashProblem): Extract<HashInspection, { ok: false }> {
  return { ok: false, problem: name };
}

/**
 * Base64 in its one right spelling: the plain alphabet, `=` as asked for, no spare bits. Null for anything else, so that
 * two spellings never stand for one hash.
 */
export function decodeBase64(text: string, padding: 'padded' | 'raw'): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const padded = bytes.toString('base64');
  return text === (padding === 'padded' ? padded : padded.replace(/=+$/, '')) ? bytes : null;
}

/** The same, for derived keys. */
export function decodeKey(text: string, padding: 'padded' | 'raw'): Buffer | null {
  const bytes = decodeBase64(text, padding);
  return bytes !== null && bytes.length >= KEY_BYTES.min && bytes.length <= KEY_BYTES.max ? bytes : null;
}

/** Numbers of `m=19456,t=2,p=1` for the names `m`, `t` and `p`, in this order; null for any other text. */
export function decodeNumbers(text: string, names: readonly string[]): readonly number[] | null {
  const parts = text.split(',');
  if (parts.length !== names.length) return null;
  const numbers = parts.map((part, index) => {
    const digits = /^(\w+)=(\d{1,10})$/.exec(part);
    return digits?.[1] === names[index] ? Number(digits?.[2]) : Number.NaN;
  });
  return numbers.every(Number.isInteger) ? numbers : null;
}
