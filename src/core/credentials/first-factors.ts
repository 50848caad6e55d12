import type { IamConfig } from '../iam/config.ts';
import type { Derived } from '../traits/ports.ts';
import type { Credentials } from './credentials.ts';

/**
 * How many ways there are to log in, second factors left out: a password with something to type beside it, each account
 * elsewhere that is nobody's organisation's, each key that needs no password, and one-time codes, once, where the pool
 * lets people in by those alone.
 *
 * @see Contract iam 4.1, "First factors counted".
 */
export function countFirstFactors(
  { passwordlessCode }: Pick<IamConfig, 'passwordlessCode'>,
  { credentials, derived }: { credentials: Credentials; derived: Pick<Derived, 'identifiers'> },
): number {
  const { password, oidc, saml, webauthn, passkey } = credentials;
  const has = (type: 'password' | 'code') => derived.identifiers.some((one) => one.type === type);
  const hash = password?.hash ?? null;
  const accounts = [...(oidc?.providers ?? []), ...(saml?.providers ?? [])];
  const keys = [...(webauthn?.keys ?? []), ...(passkey?.keys ?? [])];
  return (
    (hash !== null && has('password') ? 1 : 0) +
    accounts.filter(({ organization }) => organization === undefined).length +
    keys.filter(({ isPasswordless }) => isPasswordless).length +
    (passwordlessCode && has('code') ? 1 : 0)
  );
}
