import type { PoolConfig } from '../pools/ports.ts';
import type { PoolVault } from '../ports.ts';
import { deriveIndexes } from './factors.ts';
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
  return { claims: [...claims, ...otherClaims(vault, config, { profile, standing })], present };
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
