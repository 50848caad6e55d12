/** How a pool hashes the passwords that it takes in. */
export type PasswordAlgorithm =
  | { readonly kind: 'argon2id'; readonly memoryKib: number; readonly passes: number; readonly lanes: number }
  | { readonly kind: 'bcrypt'; readonly cost: number };

/** Every pool's that chose nothing else; OWASP's smallest setting of argon2id. */
export const DEFAULT_ALGORITHM = {
  kind: 'argon2id',
  memoryKib: 19_456,
  passes: 2,
  lanes: 1,
} as const satisfies PasswordAlgorithm;

/** What bcrypt reads of a password; the rest would not count. */
export const BCRYPT_BYTES_MAX = 72;
/** Of a password under any other algorithm; some imported hashes repeat the whole password many times over. */
export const PASSWORD_BYTES_MAX = 1024;

/** Families of hashes that verify; contract iam 4.1 has their layouts. */
export type HashFormat =
  | 'bcrypt'
  | 'argon2i'
  | 'argon2id'
  | 'pbkdf2'
  | 'scrypt'
  | 'firescrypt'
  | 'md5'
  | 'sha'
  | 'ssha'
  | 'hmac'
  | 'md5-crypt'
  | 'sha256-crypt'
  | 'sha512-crypt';

export type HashProblem = 'unknown_format' | 'cost_out_of_bounds' | 'malformed';

export type HashInspection =
  | { readonly ok: true; readonly format: HashFormat }
  | { readonly ok: false; readonly problem: HashProblem };

/**
 * Hashes and verifies passwords. Work waits in a bounded queue, in order of arrival; a full queue refuses.
 * Passwords count as their UTF-8 bytes, without any normalisation.
 */
export interface PasswordHasher {
  /**
   * @returns The hash in the layout of its family, with a salt of its own.
   * @throws InvalidInput Longer than `passwordBytesMax(algorithm)`, or no well-formed text. @throws Busy
   */
  hash(password: string, algorithm: PasswordAlgorithm): Promise<string>;

  /**
   * Whether the password is the one behind `encoded`. False also for a hash that no longer reads, and for a
   * password that no hash of this format can have been made of.
   *
   * @throws Busy
   */
  verify(password: string, encoded: string): Promise<boolean>;

  /** So that somebody who would be turned away costs nothing else first. @throws Busy Too much waits to be hashed. */
  requireRoom(algorithm: PasswordAlgorithm): void;

  /** Takes as long as verifying a wrong password under this algorithm. @throws Busy */
  wasteTime(algorithm: PasswordAlgorithm): Promise<void>;

  /** Whether a right password is to be hashed anew: not of this algorithm, or with any other parameter. */
  needsRehash(encoded: string, algorithm: PasswordAlgorithm): boolean;

  /** Whether a hash may be imported. Computes nothing that costs. */
  inspect(encoded: string): HashInspection;
}

/** Passwords that were seen in breaches, from a list at hand: no password leaves the process. */
export interface BreachedPasswords {
  /** @param folded In lower case. */
  has(folded: string): Promise<boolean>;
}
