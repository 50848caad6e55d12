import { passwordBytesMax, utf8BytesOf } from './bytes.ts';
import type { BreachedPasswords, PasswordAlgorithm } from './ports.ts';
import { isSimilar } from './similarity.ts';

export const PASSWORD_CHARACTERS_MIN = 8;

/** Contract iam's message ids, in this order: 4000032, 4000033, 4000005, 4000031, 4000034. */
export type PasswordViolation = 'too_short' | 'too_long' | 'malformed' | 'similar_to_identifier' | 'breached';

export interface PasswordPolicyInput {
  readonly password: string;
  /** What the person logs in with, now or after the change. */
  readonly identifiers: readonly string[];
  readonly algorithm: PasswordAlgorithm;
}

/**
 * Everything that speaks against a new password; an empty list when nothing does. Characters are counted as code points,
 * the longest length in UTF-8 bytes, because that is what bcrypt cuts at. Imported passwords are not asked.
 *
 * @see Contract iam 6.4, "Password policy".
 */
export async function listPasswordViolations(
  { breached }: { breached: BreachedPasswords },
  { password, identifiers, algorithm }: PasswordPolicyInput,
): Promise<readonly PasswordViolation[]> {
  const isLong = utf8BytesOf(password) > passwordBytesMax(algorithm);
  const violations: PasswordViolation[] = [];
  if ([...password].length < PASSWORD_CHARACTERS_MIN) violations.push('too_short');
  if (isLong) violations.push('too_long');
  if (!password.isWellFormed()) violations.push('malformed');
  if (identifiers.some((identifier) => isSimilar(password, identifier)))
    violations.push('similar_to_identifier');
  if (!isLong && (await breached.has(password.toLowerCase()))) violations.push('breached');
  return violations;
}
