import type { CredentialType } from '../../core/credentials/credentials.ts';
import { InvalidInput, NotFound, NotPermitted } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { isUuid } from '../../kit/ids.ts';

/** The path's identity. @throws NotFound What is no UUID belongs to no identity either (contract iam 4.1). */
export function idOf({ params: { id = '' } }: Pick<GuardedRequest, 'params'>): IdentityId {
  const lower = id.toLowerCase();
  if (!isUuid(lower)) throw new NotFound();
  return lower as IdentityId;
}

/** Values of a query parameter, once or repeated. */
export function listOf({ query }: Pick<GuardedRequest, 'query'>, name: string): readonly string[] {
  const value = query[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

const KNOWN: ReadonlySet<string> = new Set<CredentialType>([
  ...(['password', 'totp', 'oidc', 'webauthn', 'lookup_secret', 'code', 'passkey', 'saml'] as const),
]);
/** Kept by flows and not by identities: named without harm, and never there. */
const NEVER_THERE: ReadonlySet<string> = new Set(['link_recovery', 'code_recovery', 'deviceauthn']);

/**
 * Types of credentials whose contents are to be shown. Asking for any needs a grant of its own: they open accounts.
 * @throws InvalidInput A type that there is not; lists with commas are none either (contract iam 3). @throws NotPermitted
 */
export function includedIn(
  request: Pick<GuardedRequest, 'query' | 'principal'>,
): ReadonlySet<CredentialType> {
  const asked = listOf(request, 'include_credential');
  const wrong = asked.filter((type) => !KNOWN.has(type) && !NEVER_THERE.has(type));
  if (wrong.length > 0)
    throw new InvalidInput([
      {
        path: ['include_credential'],
        code: 'invalid',
        rule: 'enum',
        message: `Invalid value \`${wrong[0]?.slice(0, 64)}\` for parameter \`include_credential\``,
      },
    ]);
  if (asked.length > 0 && !request.principal.grants.has('credentials:read'))
    throw new NotPermitted('credentials:read');
  return new Set(asked.filter((type): type is CredentialType => KNOWN.has(type)));
}
