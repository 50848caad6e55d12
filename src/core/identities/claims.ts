import { normaliseEmail } from '../../kit/normalise.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PoolVault } from '../ports.ts';
import { readAttribute } from './attributes.ts';
import { deriveIndexes, homesOf } from './factors.ts';
import type { IdentifierClaim } from './ports.ts';
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

/** What decides which identifiers a record has. */
export interface Claiming {
  readonly schemaId: string;
  readonly profile: Profile;
  readonly standing: Standing;
}

/** Every identifier of a record (R3): its identifying factors, its reference, its unique custom fields. */
export function claimsOfRecord(
  vault: PoolVault,
  config: PoolConfig,
  { schemaId, profile, standing }: Claiming,
): { claims: IdentifierClaim[]; present: ReadonlySet<string> } {
  const { claims, present } = deriveIndexes(vault, config, schemaId, profile);
  const others = otherClaims(vault, config, { profile, standing });
  // Whoever was given a type came through kyc, which requires the claim whatever factors the pool has.
  if (standing.type !== undefined && !claims.some(({ space }) => space === EMAIL)) {
    const email = readAttribute(profile, homesOf(config, schemaId), 'email');
    const claim = email === null ? null : emailClaim(vault, email);
    if (claim !== null) others.push(claim);
  }
  return { claims: [...claims, ...others], present };
}

function otherClaims(
  vault: PoolVault,
  config: PoolConfig,
  { profile, standing }: Omit<Claiming, 'schemaId'>,
): IdentifierClaim[] {
  const claims: IdentifierClaim[] = [];
  if (standing.externalRef !== undefined) claims.push(externalRefClaim(vault, standing.externalRef));
  const { customFields } = profile;
  if (customFields === undefined) return claims;
  const type = config.verification.types.find(({ id }) => id === standing.typeId);
  for (const { id, name, isUnique } of type?.fields ?? []) {
    const value = customFields[name];
    if (!isUnique || value === undefined || value === null) continue;
    const space = customFieldSpace(id);
    claims.push({ space, digest: vault.digest(space, JSON.stringify(value)) });
  }
  return claims;
}

export function isSameClaim(a: IdentifierClaim, b: IdentifierClaim): boolean {
  return a.space === b.space && a.digest.equals(b.digest);
}
