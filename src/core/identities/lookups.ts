import { normaliseEmail, normaliseLoosely } from '../../kit/normalise.ts';
import type { PoolVault } from '../ports.ts';
import { type AttributeHolder, type AttributeName, readAttribute, type TraitHomes } from './attributes.ts';
import { legalNameOf } from './set-attributes.ts';

/**
 * What records are found by without being opened: a keyed digest of a normal form for each kind (DESIGN 5; contract
 * verification 4.1). Two records with equal values have equal digests, and are not hindered by it; identifiers, which
 * are unique, are another matter.
 */
export const LOOKUP_KINDS = [
  'email',
  'phone_number',
  'document_number',
  'ssn',
  'name_birthdate',
  'locality',
  'region',
  'postal_code',
  'legal_name',
] as const;
export type LookupKind = (typeof LOOKUP_KINDS)[number];

/** Values by attribute, of a record or of a search. */
export type LookupSource = (name: AttributeName) => string | null;

/** The separator occurs in no normal form. */
const SEPARATOR = '\u001f';

const NORMAL_FORMS: Readonly<Record<LookupKind, (read: LookupSource) => string | null>> = {
  email: (read) => each(read('email'), (text) => normaliseEmail(text) ?? normaliseLoosely(text)),
  phone_number: (read) => each(read('phone_number'), (text) => text.replaceAll(/\D/g, '').slice(-10)),
  document_number: (read) => each(read('document_number'), upperAlphanumeric),
  ssn: (read) => each(read('ssn'), (text) => text.replaceAll(/\D/g, '')),
  name_birthdate: (read) => {
    const given = each(read('given_name'), normaliseLoosely);
    const family = each(read('family_name'), normaliseLoosely);
    const birthdate = each(read('birthdate'), (text) => text.trim());
    if (given === null || family === null || birthdate === null) return null;
    return [given, family, birthdate].join(SEPARATOR);
  },
  locality: (read) => each(read('address.locality'), normaliseLoosely),
  region: (read) => each(read('address.region'), normaliseLoosely),
  postal_code: (read) =>
    each(read('address.postal_code'), (text) => normaliseLoosely(text).replaceAll(' ', '')),
  // Compared as it is (contract kyc 3.3).
  legal_name: legalNameOf,
};

function each(value: string | null, normalise: (text: string) => string): string | null {
  const normal = value === null ? '' : normalise(value);
  return normal === '' ? null : normal;
}

function upperAlphanumeric(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The form that values of a kind are compared in; null when a part is missing or nothing of it remains. */
export function lookupForm(kind: LookupKind, read: LookupSource): string | null {
  return NORMAL_FORMS[kind](read);
}

/** A keyed digest of 128 bits, in a UUID's spelling. */
export function lookupKey(vault: PoolVault, kind: LookupKind, normalised: string): string {
  return keyOf(vault, kind, normalised);
}

function keyOf(vault: PoolVault, kind: LookupKind | 'organization', normalised: string): string {
  const hex = vault.digest(`lookup:${kind}`, normalised).toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The key of an organization's members. */
export function organizationKeys(vault: PoolVault, organizationId: string | undefined): string[] {
  return organizationId === undefined ? [] : [keyOf(vault, 'organization', organizationId)];
}

interface Located {
  readonly holder: AttributeHolder;
  readonly homes: TraitHomes;
}

export function sourceOf({ holder, homes }: Located): LookupSource {
  return (name) => readAttribute(holder, homes, name);
}

/** Every key of a record. */
export function lookupKeysOf(vault: PoolVault, record: Located): Map<LookupKind, string> {
  const read = sourceOf(record);
  const keys = new Map<LookupKind, string>();
  for (const kind of LOOKUP_KINDS) {
    const form = lookupForm(kind, read);
    if (form !== null) keys.set(kind, lookupKey(vault, kind, form));
  }
  return keys;
}

/** Keys that a change of attributes makes and unmakes; digests are computed only where a normal form differs. */
export function lookupChanges(
  vault: PoolVault,
  before: Located | null,
  after: Located | null,
): { added: string[]; removed: string[] } {
  const [added, removed]: [string[], string[]] = [[], []];
  const [old, next] = [before, after].map((record) => (record === null ? () => null : sourceOf(record)));
  if (old === undefined || next === undefined) return { added, removed };
  for (const kind of LOOKUP_KINDS) {
    const [was, is] = [lookupForm(kind, old), lookupForm(kind, next)];
    if (was === is) continue;
    if (was !== null) removed.push(lookupKey(vault, kind, was));
    if (is !== null) added.push(lookupKey(vault, kind, is));
  }
  return { added, removed };
}
