import type { Standing } from '../identities/standing.ts';

/** Names of what verdicts are about, as audit entries have them (contract kyc 4.2): a change of any makes them old. */
const FACTS: ReadonlySet<string> = new Set([
  ...['type', 'identityOwner', 'documents', 'faceImages'],
  ...['name', 'given_name', 'family_name', 'birthdate', 'gender'],
  ...['address.street_address', 'address.line2', 'address.locality', 'address.region'],
  ...['address.postal_code', 'address.country'],
  ...['tax.country', 'tax.id_number', 'tax.region', 'tax.formation_region'],
]);

export function changesFacts(fields: readonly string[]): boolean {
  return fields.some((field) => FACTS.has(field));
}

/** The standing of a record after a change of these fields: facts that changed have another revision. */
export function countFacts(standing: Standing, fields: readonly string[]): Standing {
  if (!changesFacts(fields)) return standing;
  return { ...standing, factsRevision: (standing.factsRevision ?? 0) + 1 };
}

export function factsRevisionOf({ factsRevision = 0 }: Standing): number {
  return factsRevision;
}
