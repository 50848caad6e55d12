import {
  type AccountsCredential,
  accountIdentifier,
  type Credentials,
  type Dated,
  NO_CREDENTIALS,
  type PublicKeysCredential,
  type SamlAccount,
} from '../credentials/credentials.ts';
import { type FieldPath, type FieldProblem, InvalidInput } from '../errors.ts';
import type { HashProblem, PasswordAlgorithm, PasswordHasher } from '../passwords/ports.ts';
import type { CredentialImports, PublicKeysImport } from './input.ts';

/** Imports whose password was hashed, or whose hash was found to be one that verifies. */
export interface PreparedImports extends Omit<CredentialImports, 'password'> {
  readonly password?: { readonly hash: string | null; readonly usesMigrationHook?: true };
}

const PROBLEMS: Readonly<Record<HashProblem, string>> = {
  unknown_format: 'is of no known format',
  cost_out_of_bounds: 'has parameters outside of the bounds for its format',
  malformed: 'is not what its format says',
};
const TOTP_URL = /^otpauth:\/\/totp\/[^?#]*\?(?:[^#]*&)?secret=[A-Z2-7]+=*(?:&[^#]*)?$/;

/**
 * Everything of an import that costs or may fail, before anything is written. A password in clear is hashed whatever it
 * is like: no policy is asked (contract iam 4.1). Of both, the one in clear counts.
 *
 * @param at Where in the request the credentials stand.
 * @throws InvalidInput @throws Busy
 */
export async function prepareImports(
  { hasher }: { hasher: PasswordHasher },
  imports: CredentialImports,
  algorithm: PasswordAlgorithm,
  at: FieldPath = ['credentials'],
): Promise<PreparedImports> {
  const problems = importProblems({ hasher }, imports, at);
  if (problems.length > 0) throw new InvalidInput(problems);
  return hashImports({ hasher }, imports, algorithm);
}

/**
 * The part of `prepareImports` that costs, of imports in which no problems were found.
 * @throws Busy
 */
export async function hashImports(
  { hasher }: { hasher: PasswordHasher },
  { password, ...others }: CredentialImports,
  algorithm: PasswordAlgorithm,
): Promise<PreparedImports> {
  if (password === undefined) return others;
  const hash =
    password.password === undefined
      ? (password.hashedPassword ?? null)
      : await hasher.hash(password.password, algorithm);
  return {
    ...others,
    password: { hash, ...(password.usesMigrationHook === true ? { usesMigrationHook: true } : {}) },
  };
}

/** What is wrong with imports that can be told without hashing. */
export function importProblems(
  { hasher }: { hasher: Pick<PasswordHasher, 'inspect'> },
  { password, totpUrl, passkey }: CredentialImports,
  at: FieldPath = ['credentials'],
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (path: FieldPath, message: string) =>
    problems.push({ path: [...at, ...path], code: 'invalid', message });
  if (password?.password === undefined && password?.hashedPassword !== undefined) {
    const inspection = hasher.inspect(password.hashedPassword);
    if (!inspection.ok) add(['password', 'config', 'hashed_password'], PROBLEMS[inspection.problem]);
  }
  if (totpUrl !== undefined && !TOTP_URL.test(totpUrl))
    add(['totp', 'config', 'totp_url'], 'is no otpauth URL of type totp with a secret');
  if (passkey !== undefined && passkey.keys.length === 0)
    add(['passkey', 'config', 'credentials'], 'must not be empty');
  if (passkey !== undefined && passkey.userHandle === '')
    add(['passkey', 'config', 'user_handle'], 'must not be empty');
  return problems;
}

/**
 * Credentials with those that are imported: a password and TOTP take the place of what was there, accounts, codes and
 * keys are added (contract iam 4.1).
 */
export function mergeCredentials(old: Credentials, imports: PreparedImports, at: Date): Credentials {
  const updatedAt = at.toISOString();
  const dated = (was: Dated | undefined): Dated => ({ createdAt: was?.createdAt ?? updatedAt, updatedAt });
  const { password, oidc, saml, totpUrl, lookupCodes, webauthn, passkey } = imports;
  return {
    ...old,
    ...(password === undefined ? {} : { password: { ...password, ...dated(old.password) } }),
    ...(oidc === undefined || oidc.length === 0
      ? {}
      : { oidc: withAccounts(old.oidc, oidc, dated(old.oidc)) }),
    ...(saml === undefined || saml.length === 0
      ? {}
      : { saml: withAccounts(old.saml, saml, dated(old.saml)) }),
    ...(totpUrl === undefined ? {} : { totp: { url: totpUrl, ...dated(old.totp) } }),
    ...(lookupCodes === undefined
      ? {}
      : {
          lookup_secret: {
            codes: [...(old.lookup_secret?.codes ?? []), ...lookupCodes],
            ...dated(old.lookup_secret),
          },
        }),
    ...(webauthn === undefined ? {} : { webauthn: withKeys(old.webauthn, webauthn, dated(old.webauthn)) }),
    ...(passkey === undefined ? {} : { passkey: withKeys(old.passkey, passkey, dated(old.passkey)) }),
  };
}

export function newCredentials(imports: PreparedImports, at: Date): Credentials {
  return mergeCredentials(NO_CREDENTIALS, imports, at);
}

function withAccounts<Account extends SamlAccount>(
  old: AccountsCredential<Account> | undefined,
  added: readonly Account[],
  dated: Dated,
): AccountsCredential<Account> {
  const byIdentifier = new Map(
    [...(old?.providers ?? []), ...added].map((account) => [accountIdentifier(account), account]),
  );
  return { providers: [...byIdentifier.values()], ...dated };
}

function withKeys(
  old: PublicKeysCredential | undefined,
  { keys, userHandle }: PublicKeysImport,
  dated: Dated,
): PublicKeysCredential {
  const byId = new Map([...(old?.keys ?? []), ...keys].map((key) => [key.id, key]));
  return {
    keys: [...byId.values()],
    userHandle: userHandle === '' ? (old?.userHandle ?? '') : userHandle,
    ...dated,
  };
}
