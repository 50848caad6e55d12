import { accountIdentifier, type Credentials, type SamlAccount } from '../credentials/credentials.ts';
import { countFirstFactors } from '../credentials/first-factors.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { ChangeNeeds } from '../identities/change.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { changeIamIdentity } from './change-identity.ts';
import { CredentialNotDeletable, LastFirstFactor } from './errors.ts';
import { findIamIdentity, type IamRecord } from './record.ts';

/** One credential of an identity: a type, and which of them where there are several. */
export interface CredentialName {
  readonly type: string;
  /** `provider:subject`; null: not said. */
  readonly identifier: string | null;
}

/**
 * Deletes one credential. Of two deletions at once that would leave no way to log in, one is refused.
 *
 * @throws NotFound No such identity, or it has no such credential. @throws CredentialNotDeletable
 * @throws InvalidInput It must be said which account. @throws LastFirstFactor
 * @see Contract iam 4.1, "Delete credential by type".
 */
export async function deleteIamCredential(
  deps: ChangeNeeds & Pick<Deps, 'clock' | 'records'>,
  context: RequestContext,
  id: IdentityId,
  name: CredentialName,
): Promise<void> {
  await findIamIdentity(deps, context.principal.poolId, id);
  const without = DELETIONS.get(name.type);
  if (without === undefined) throw new CredentialNotDeletable();
  await changeIamIdentity(deps, context, id, (record) => ({
    action: 'identity.updated',
    fields: [`credentials.${name.type}`],
    credentials: without(record, { at: deps.clock.now().toISOString(), identifier: name.identifier }),
  }));
}

/** @throws NotFound @throws InvalidInput @throws LastFirstFactor */
type Deletion = (record: IamRecord, by: { at: string; identifier: string | null }) => Credentials;

const DELETIONS: ReadonlyMap<string, Deletion> = new Map<string, Deletion>([
  ['totp', ({ credentials }) => withoutType(credentials, 'totp')],
  ['lookup_secret', ({ credentials }) => withoutType(credentials, 'lookup_secret')],
  ['webauthn', withoutSecondFactorKeys],
  ['password', withoutPassword],
  ['oidc', (record, by) => withoutAccount(record, 'oidc', by)],
  ['saml', (record, by) => withoutAccount(record, 'saml', by)],
  [
    // Nobody can have one; the contract names it all the same.
    'deviceauthn',
    (_record, { identifier }) => {
      requireIdentifier(identifier);
      throw new NotFound();
    },
  ],
]);

function withoutType(
  credentials: Credentials,
  type: 'totp' | 'lookup_secret' | 'webauthn' | 'oidc' | 'saml',
): Credentials {
  const { [type]: removed, ...rest } = credentials;
  if (removed === undefined) throw new NotFound();
  return rest;
}

/** Keys that need no password stay: they are a way to log in. */
function withoutSecondFactorKeys({ credentials, derived }: IamRecord, { at }: { at: string }): Credentials {
  const { webauthn } = credentials;
  if (webauthn === undefined) {
    if (!derived.identifiers.some(({ type }) => type === 'webauthn')) throw new NotFound();
    return credentials;
  }
  const keys = webauthn.keys.filter(({ isPasswordless }) => isPasswordless);
  if (keys.length === 0) return withoutType(credentials, 'webauthn');
  return { ...credentials, webauthn: { ...webauthn, keys, updatedAt: at } };
}

/** The hash alone goes: what somebody would log in with is what traits say. */
function withoutPassword(record: IamRecord, { at }: { at: string }): Credentials {
  const { credentials, derived, stored } = record;
  const isNamed = derived.identifiers.some(({ type }) => type === 'password');
  if (credentials.password === undefined && !isNamed) throw new NotFound();
  requireAnother(record);
  const { createdAt = stored.createdAt.toISOString() } = credentials.password ?? {};
  return { ...credentials, password: { hash: null, createdAt, updatedAt: at } };
}

function withoutAccount(
  record: IamRecord,
  type: 'oidc' | 'saml',
  { at, identifier }: { at: string; identifier: string | null },
): Credentials {
  const { credentials } = record;
  const held = credentials[type];
  if (held === undefined) throw new NotFound();
  const wanted = requireIdentifier(identifier);
  const isKept = (account: SamlAccount) => accountIdentifier(account) !== wanted;
  const providers = held.providers.filter(isKept);
  if (providers.length === held.providers.length) throw new NotFound();
  requireAnother(record);
  if (providers.length === 0) return withoutType(credentials, type);
  return { ...credentials, [type]: { ...held, providers, updatedAt: at } };
}

function requireIdentifier(identifier: string | null): string {
  if (identifier !== null && identifier !== '') return identifier;
  const message = 'You must provide an identifier to delete this credential.';
  throw new InvalidInput([{ path: ['identifier'], code: 'required', message }]);
}

/** @throws LastFirstFactor */
function requireAnother(record: IamRecord): void {
  if (countFirstFactors(record.config.iam, record) < 2) throw new LastFirstFactor();
}
