import type { PasswordPolicy } from '../../../core/identify/provider-settings.ts';

/** What a symbol is to Cognito, as far as it goes beyond letters and digits: ASCII punctuation, and a space within. */
const SYMBOL = /[!-/:-@[-`{-~]|\S \S/;

/** Whether a new password has what the policy wants; letters and digits are those of ASCII, as Cognito counts them. */
export function meetsPolicy(policy: PasswordPolicy, password: string): boolean {
  return (
    [...password].length >= policy.minLength &&
    (!policy.upper || /[A-Z]/.test(password)) &&
    (!policy.lower || /[a-z]/.test(password)) &&
    (!policy.digit || /\d/.test(password)) &&
    (!policy.symbol || SYMBOL.test(password))
  );
}
