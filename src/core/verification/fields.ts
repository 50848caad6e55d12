import type { AttributeName } from '../identities/attributes.ts';

/** Verification's names of attributes (DESIGN 4); its own `country` is none of them. */
export const ATTRIBUTE_OF_FIELD = {
  first_name: 'given_name',
  last_name: 'family_name',
  date_of_birth: 'birthdate',
  address_line1: 'address.street_address',
  address_line2: 'address.line2',
  city: 'address.locality',
  state: 'address.region',
  zip_code: 'address.postal_code',
  document_number: 'document_number',
  ssn: 'ssn',
  nationality: 'nationality',
  gender: 'gender',
  email: 'email',
  phone: 'phone_number',
} as const satisfies Readonly<Record<string, AttributeName>>;

export type AttributeField = keyof typeof ATTRIBUTE_OF_FIELD;
export const ATTRIBUTE_FIELDS = Object.keys(ATTRIBUTE_OF_FIELD) as readonly AttributeField[];

const FIELD_OF_ATTRIBUTE: ReadonlyMap<string, string> = new Map(
  Object.entries(ATTRIBUTE_OF_FIELD).map(([field, attribute]) => [attribute, field]),
);

/** The name under which this surface's clients know a changed field; others' own fields keep theirs. */
export function fieldOfChange(name: string): string {
  return FIELD_OF_ATTRIBUTE.get(name) ?? name;
}
