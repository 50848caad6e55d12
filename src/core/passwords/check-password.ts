import { passwordBytesMax, utf8BytesOf } from './bytes.ts';
import type { PasswordAlgorithm, PasswordHasher } from './ports.ts';

export interface PasswordCheck {
  readonly isRight: boolean;
  /** The hash to store in place of the one that was checked; null when it may stay, and for a wrong password. */
  readonly newHash: string | null;
}

/**
 * Checks the password of a login. Nobody behind the identifier, an identity without a password and a wrong password take
 * the same time (R10). For an imported hash, wrong and right take the same time: what a right one costs to hash anew, a
 * wrong one wastes; otherwise a quick imported hash would tell that the identifier exists.
 *
 * @param input.encoded Null where there is no such identifier, or no password.
 * @returns `newHash` is to be stored only if the stored hash is still the one that was checked.
 * @throws Busy
 */
export async function checkPassword(
  { hasher }: { hasher: PasswordHasher },
  input: { password: string; encoded: string | null; algorithm: PasswordAlgorithm },
): Promise<PasswordCheck> {
  const { password, encoded, algorithm } = input;
  if (encoded === null) {
    await hasher.wasteTime(algorithm);
    return { isRight: false, newHash: null };
  }
  const isRight = await hasher.verify(password, encoded);
  if (!hasher.needsRehash(encoded, algorithm)) return { isRight, newHash: null };
  // A pool that turned to bcrypt keeps the hash of a password that is too long for it.
  if (isRight && utf8BytesOf(password) <= passwordBytesMax(algorithm))
    return { isRight, newHash: await hasher.hash(password, algorithm) };
  await hasher.wasteTime(algorithm);
  return { isRight, newHash: null };
}
