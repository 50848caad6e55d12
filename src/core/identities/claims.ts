import { normaliseEmail } from '../../kit/normalise.ts';
import { type Credentials, credentialIdentifiers } from '../credentials/credentials.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PoolVault } from '../ports.ts';
import { readAttribute } from './attributes.ts';
import { deriveIndexes, homesOf } from './factors.ts';
import { derivedOf, traitIdentifiers } from './login-identifiers.ts';
import type { Identifier, IdentifierClaim } from './ports.ts';
import type { Profile } from './profile.ts';
import type { Standing } from './standing.ts';

/** The space of the customer's own references. */
export const EXTERNAL_REF = 'external_ref';

export function externalRefClaim(vault: PoolVault, reference: string): IdentifierClaim {
  return { space: EXTERNAL_REF, digest: vault.digest(EXTERNAL_REF, reference) };
}

/** The space of a custom field whose values are unique among identities of its type. */
export function customFieldSpace(fieldId: string): string {
  return `custom:${fieldId}`;
}

/** The space of e-mail addresses, for whoever claims one. */
export const EMAIL = 'email';

/** @returns Null when the text is no e-mail address. */
export function emailClaim(vault: PoolVault, email: string): IdentifierClaim | null {
  const normal = normaliseEmail(email);
  return normal === null ? null : { space: EMAIL, digest: vault.digest(EMAIL, normal) };
}

/** The space of the iam surface's own keys. */
export const EXTERNAL_ID = 'external_id';

export function claimOf(vault: PoolVault, { space, value }: Identifier): IdentifierClaim {
  return { space, digest: vault.digest(space, value) };
}

/** What decides which identifiers a record has. */
export interface Claiming {
  readonly schemaId: string;
  readonly profile: Profile;
  readonly standing: Standing;
  readonly credentials: Credentials;
}

/**
 * Every identifier of a record (R3): its identifying factors, what its traits and credentials amount to, its references,
 * its unique custom fields.
 */
export function claimsOfRecord(
  vault: PoolVault,
  config: PoolConfig,
  record: Claiming,
): { claims: IdentifierClaim[]; present: ReadonlySet<string> } {
  const { schemaId, profile, standing, credentials } = record;
  const factors = deriveIndexes(config, schemaId, profile);
  const derived = derivedOf(config, { schemaId, traits: profile.traits });
  const identifiers = [
    ...factors.identifiers,
    ...traitIdentifiers(derived),
    ...credentialIdentifiers(credentials),
    ...otherIdentifiers(config, { profile, standing }),
  ];
  // Whoever was given a type came through kyc, which requires the claim whatever factors and traits the pool has.
  if (standing.type !== undefined) {
    const email = readAttribute(profile, homesOf(config, schemaId), 'email');
    const value = email === null ? null : normaliseEmail(email);
    if (value !== null) identifiers.push({ space: EMAIL, value });
  }
  return { claims: distinct(identifiers).map((one) => claimOf(vault, one)), present: factors.present };
}

/** The space of accounts elsewhere that make a user of a project, and that of the ids which follow from them. */
const ACCOUNT = 'identify';
const ACCOUNT_EXTERNAL_ID = 'identify_external_id';

/** Finds a user of a project by who it is at a provider. */
export function accountIdentifierOf(account: {
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
}): Identifier {
  return { space: ACCOUNT, value: JSON.stringify([account.provider, account.issuer, account.subject]) };
}

/** Finds a user of a project by its external id. */
export function accountExternalId(externalId: string): Identifier {
  return { space: ACCOUNT_EXTERNAL_ID, value: externalId };
}

function distinct(identifiers: readonly Identifier[]): Identifier[] {
  return identifiers.filter(
    ({ space, value }, index) =>
      identifiers.findIndex((one) => one.space === space && one.value === value) === index,
  );
}

function otherIdentifiers(
  config: PoolConfig,
  { profile, standing }: Pick<Claiming, 'profile' | 'standing'>,
): Identifier[] {
  const { customFields, iam, identify } = profile;
  const identifiers: Identifier[] = (identify?.accounts ?? []).flatMap((account) => [
    accountIdentifierOf(account),
    accountExternalId(account.externalId),
  ]);
  if (standing.externalRef !== undefined)
    identifiers.push({ space: EXTERNAL_REF, value: standing.externalRef });
  if (iam?.externalId !== undefined) identifiers.push({ space: EXTERNAL_ID, value: iam.externalId });
  if (customFields === undefined) return identifiers;
  const type = config.verification.types.find(({ id }) => id === standing.typeId);
  for (const { id, name, isUnique } of type?.fields ?? []) {
    const value = customFields[name];
    if (!isUnique || value === undefined || value === null) continue;
    identifiers.push({ space: customFieldSpace(id), value: JSON.stringify(value) });
  }
  return identifiers;
}

export function isSameClaim(a: IdentifierClaim, b: IdentifierClaim): boolean {
  return a.space === b.space && a.digest.equals(b.digest);
}
