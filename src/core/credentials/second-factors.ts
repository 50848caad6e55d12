import type { Credentials } from './credentials.ts';

/**
 * Whether an identity has something to show beside what it logs in with: it may then be asked for it.
 * @see Contract iam 5, "AAL available to an identity".
 */
export function hasSecondFactor({ totp, lookup_secret, webauthn }: Credentials): boolean {
  return (
    totp !== undefined ||
    (lookup_secret?.codes ?? []).some(({ usedAt }) => usedAt === undefined) ||
    (webauthn?.keys ?? []).some(({ isPasswordless }) => !isPasswordless)
  );
}
