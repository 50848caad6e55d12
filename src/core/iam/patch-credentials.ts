import type { Credentials, StoredCredentialType } from '../credentials/credentials.ts';
import { InvalidInput } from '../errors.ts';
import type { PasswordHasher } from '../passwords/ports.ts';
import { importProblems, mergeCredentials } from './import-credentials.ts';
import type { CredentialImports } from './input.ts';

/** What a patch makes of credentials: types that go, and types whose contents are these and no others. */
export interface CredentialPatches {
  readonly removed: readonly StoredCredentialType[];
  readonly replaced: CredentialImports;
}

/**
 * Credentials after a patch. A password comes as a hash, which must be one that verifies.
 * @throws InvalidInput
 */
export function patchCredentials(
  { hasher }: { hasher: Pick<PasswordHasher, 'inspect'> },
  old: Credentials,
  { removed, replaced }: CredentialPatches,
  at: Date,
): Credentials {
  if (removed.length === 0 && Object.keys(replaced).length === 0) return old;
  const problems = importProblems({ hasher }, replaced);
  if (problems.length > 0) throw new InvalidInput(problems);
  const { password, ...others } = replaced;
  const kept = Object.entries(emptied(old, replaced)).filter(
    ([type]) => !removed.some((one) => one === type),
  );
  const { hashedPassword: hash = null, usesMigrationHook } = password ?? {};
  const imports = {
    ...others,
    ...(password === undefined
      ? {}
      : { password: { hash, ...(usesMigrationHook === true ? { usesMigrationHook } : {}) } }),
  };
  return mergeCredentials({ ...Object.fromEntries(kept), format: 1 }, imports, at);
}

/** What is added to by importing begins from nothing here, and is as old as it was. */
function emptied(old: Credentials, replaced: CredentialImports): Credentials {
  const { lookup_secret: lookup, webauthn, passkey } = old;
  return {
    ...old,
    ...(lookup === undefined || replaced.lookupCodes === undefined
      ? {}
      : { lookup_secret: { ...lookup, codes: [] } }),
    ...(webauthn === undefined || replaced.webauthn === undefined
      ? {}
      : { webauthn: { ...webauthn, keys: [] } }),
    ...(passkey === undefined || replaced.passkey === undefined ? {} : { passkey: { ...passkey, keys: [] } }),
  };
}
