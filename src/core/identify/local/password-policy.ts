import type { Deps } from '../../deps.ts';
import { listPasswordViolations, type PasswordViolation } from '../../passwords/policy.ts';
import { selfServiceOf } from '../../self-service/config.ts';
import type { LocalSettings } from '../config.ts';
import { PasswordRefused } from '../errors.ts';
import type { Project } from '../project.ts';
import type { PasswordPolicy } from '../provider-settings.ts';

const NO_LISTS: Deps['breached'] = { has: async () => false };

const REASONS: Readonly<Record<PasswordViolation, string>> = {
  too_short: 'is too short',
  too_long: 'is too long',
  malformed: 'holds characters that there are not',
  similar_to_identifier: 'is too similar to the e-mail address',
  breached: 'was found in data breaches',
};

const RULES: readonly {
  readonly name: keyof PasswordPolicy;
  readonly pattern: RegExp;
  readonly reason: string;
}[] = [
  { name: 'upper', pattern: /\p{Lu}/u, reason: 'needs an upper-case letter' },
  { name: 'lower', pattern: /\p{Ll}/u, reason: 'needs a lower-case letter' },
  { name: 'digit', pattern: /\p{Nd}/u, reason: 'needs a digit' },
  { name: 'symbol', pattern: /[^\p{L}\p{N}\s]/u, reason: 'needs a symbol' },
];

/**
 * A new password meets the project's policy, and the one that all passwords of a record meet (contract iam 6.4).
 * @throws PasswordRefused With everything that speaks against it.
 * @see Contract identify 4.2.
 */
export async function requireGoodPassword(
  deps: Pick<Deps, 'breached' | 'selfService'>,
  { config }: Pick<Project, 'config'>,
  { passwordPolicy }: Pick<LocalSettings, 'passwordPolicy'>,
  { password, email }: { readonly password: string; readonly email: string | null },
): Promise<void> {
  const { refusesBreachedPasswords } = selfServiceOf(deps, config);
  const violations = await listPasswordViolations(
    { breached: refusesBreachedPasswords ? deps.breached : NO_LISTS },
    { password, identifiers: email === null ? [] : [email], algorithm: config.iam.passwordAlgorithm },
  );
  const reasons = [
    ...violations.map((violation) => REASONS[violation]),
    ...RULES.filter(({ name, pattern }) => passwordPolicy[name] === true && !pattern.test(password)).map(
      ({ reason }) => reason,
    ),
  ];
  if ([...password].length < passwordPolicy.minLength && !violations.includes('too_short'))
    reasons.unshift(REASONS.too_short);
  if (reasons.length > 0) throw new PasswordRefused(reasons);
}
