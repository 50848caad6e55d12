import type { FieldProblem } from '../errors.ts';
import type { AttributeName } from '../identities/attributes.ts';
import type { DocumentSide, DocumentType, Gender } from './provider.ts';

export type KycType = 'person' | 'company';

/** A file that a caller says is in our storage. */
export interface DocumentInput {
  readonly type: DocumentType;
  readonly side: DocumentSide;
  readonly url: string;
  /** Not sent: stays as it is. */
  readonly label?: string | null | undefined;
  readonly description?: string | null | undefined;
}

/**
 * What POST and PATCH set, each value checked by itself and trimmed. Absent: not sent. `birthday`, `gender` and
 * `identityOwner` may be null, which only some types allow.
 */
export interface KycInput {
  readonly type?: KycType;
  readonly name?: string;
  readonly email?: string;
  readonly birthday?: string | null;
  readonly gender?: Gender | null;
  readonly identityOwner?: string | null;
  readonly address?: {
    readonly city: string;
    readonly country: string;
    readonly postalCode: string;
    readonly state: string | null;
    readonly street: string;
  };
  readonly phone?: { readonly number: string; readonly sms: boolean };
  readonly tax?: {
    readonly country: string;
    readonly idNumber: string;
    readonly state: string | null;
    readonly formationRegion: string | null;
  };
  readonly documents?: readonly DocumentInput[];
  readonly faceImages?: readonly string[];
}

/** What is there of a field: `null` was sent as such, `absent` is nowhere. */
export type Presence = 'present' | 'null' | 'absent';

/** What a type asks for, as a body or a record has it. */
export interface TypeFacts {
  readonly birthday: Presence;
  readonly gender: Presence;
  readonly identityOwner: Presence;
  readonly formationRegion: Presence;
}

const PATHS: Readonly<Record<keyof TypeFacts, FieldProblem['path']>> = {
  birthday: ['birthday'],
  gender: ['gender'],
  identityOwner: ['identityOwner'],
  formationRegion: ['tax', 'formationRegion'],
};

const NEEDED: Readonly<Record<KycType, readonly (keyof TypeFacts)[]>> = {
  person: ['birthday', 'gender'],
  company: ['identityOwner', 'formationRegion'],
};

/**
 * What a type needs and does not find, or has and must not.
 * @param about Fields that count; others may be as they are.
 * @see Contract kyc 3.1, 3.4.
 */
export function typeProblems(
  type: KycType,
  facts: TypeFacts,
  about: ReadonlySet<keyof TypeFacts> = new Set(Object.keys(PATHS) as (keyof TypeFacts)[]),
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of NEEDED[type]) {
    if (!about.has(field) || facts[field] === 'present') continue;
    const path = PATHS[field];
    if (facts[field] === 'absent') {
      problems.push({ path, code: 'required', message: `is required for a ${type}` });
    } else {
      problems.push({ path, code: 'invalid', rule: 'null', message: `must not be null for a ${type}` });
    }
  }
  if (type === 'person' && about.has('identityOwner') && facts.identityOwner === 'present') {
    const message = 'only companies have an identity owner';
    problems.push({ path: PATHS.identityOwner, code: 'unknown', message });
  }
  return problems;
}

/** The surface's field of each attribute that is set here. */
export const FIELD_OF_ATTRIBUTE: Partial<Readonly<Record<AttributeName, FieldProblem['path']>>> = {
  name: ['name'],
  email: ['email'],
  birthdate: ['birthday'],
  gender: ['gender'],
  phone_number: ['phone', 'number'],
  'address.locality': ['address', 'city'],
  'address.country': ['address', 'country'],
  'address.postal_code': ['address', 'postalCode'],
  'address.region': ['address', 'state'],
  'address.street_address': ['address', 'street'],
  'tax.country': ['tax', 'country'],
  'tax.id_number': ['tax', 'idNumber'],
  'tax.region': ['tax', 'state'],
  'tax.formation_region': ['tax', 'formationRegion'],
};

/** Attributes that an input sets, null removing one. */
export function attributesOf(input: KycInput): Map<AttributeName, string | null> {
  const { name, email, birthday, gender, address, phone, tax } = input;
  const values = new Map<AttributeName, string | null>();
  const set = (attribute: AttributeName, value: string | null | undefined) => {
    if (value !== undefined) values.set(attribute, value);
  };
  set('name', name);
  set('email', email);
  set('birthdate', birthday);
  set('gender', gender);
  set('phone_number', phone?.number);
  if (address !== undefined) {
    set('address.street_address', address.street);
    set('address.locality', address.city);
    set('address.region', address.state);
    set('address.postal_code', address.postalCode);
    set('address.country', address.country);
  }
  if (tax !== undefined) {
    set('tax.country', tax.country);
    set('tax.id_number', tax.idNumber);
    set('tax.region', tax.state);
    set('tax.formation_region', tax.formationRegion);
  }
  return values;
}
