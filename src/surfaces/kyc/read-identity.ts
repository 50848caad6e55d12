import type { FieldProblem, FieldRule } from '../../core/errors.ts';
import { InvalidInput } from '../../core/errors.ts';
import { ageProblem } from '../../core/kyc/age.ts';
import type { NewKycIdentity } from '../../core/kyc/create-identity.ts';
import { type KycInput, type Presence, type TypeFacts, typeProblems } from '../../core/kyc/identity-input.ts';
import { isCountryCode } from '../../kit/countries.ts';
import { normaliseEmail } from '../../kit/normalise.ts';
import { BodyReader } from './body-reader.ts';
import { type IsObject, readDocuments, readFaceImages } from './read-files.ts';

const FIELDS = [
  ...['type', 'name', 'email', 'birthday', 'gender', 'identityOwner', 'address', 'phone', 'tax'],
  ...['documents', 'faceImages'],
];

const AGE_MESSAGES = {
  format: 'must be a real date in YYYY-MM-DD form',
  min_age: 'must be that of somebody of at least 18 years',
  max_age: 'must be that of somebody of at most 99 years',
} as const;

const country = (text: string): [FieldRule, string] | null =>
  isCountryCode(text) ? null : ['enum', 'must be an ISO 3166-1 alpha-2 country code'];

/** What reading a body takes beside it. */
export interface Reading {
  readonly now: Date;
  readonly isObject: IsObject;
}

type Part<Key extends keyof KycInput> = NonNullable<KycInput[Key]>;
type Read = { -readonly [Key in keyof KycInput]: KycInput[Key] | undefined };

/** @throws InvalidInput Everything that is wrong with its shape, at once. @see Contract kyc 3.1 */
export function readNewIdentity(body: unknown, reading: Reading): NewKycIdentity {
  const reader = readerOf(body);
  reader.require('type', 'name', 'email', 'address', 'phone', 'tax');
  const input = readFields(reader, reading);
  if (input.type !== undefined) reader.problems.push(...typeProblems(input.type, factsOf(reader)));
  refuse(reader.problems);
  const { type, name, email } = input;
  if (type === undefined || name === undefined || email === undefined) throw new InvalidInput([]);
  return { ...input, type, name, email };
}

/** As `readNewIdentity`; what the type needs is seen once the record is known (contract kyc 3.4). */
export function readChange(body: unknown, reading: Reading): KycInput {
  const reader = readerOf(body);
  const input = readFields(reader, reading);
  refuse(reader.problems);
  return input;
}

function readerOf(body: unknown): BodyReader {
  return new BodyReader(body as Record<string, unknown>, FIELDS);
}

function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw new InvalidInput(problems);
}

/** What a new identity's type looks at; what is wrong in itself was told already, and counts as there. */
function factsOf(reader: BodyReader): TypeFacts {
  const presence = (name: string): Presence =>
    reader.has(name) ? (reader.isNull(name) ? 'null' : 'present') : 'absent';
  const tax = reader.value('tax');
  const isTax = typeof tax === 'object' && tax !== null && !Array.isArray(tax);
  const region = isTax ? (tax as Record<string, unknown>).formationRegion : 'elsewhere';
  return {
    birthday: presence('birthday'),
    gender: presence('gender'),
    identityOwner: presence('identityOwner'),
    formationRegion: region === undefined ? 'absent' : region === null ? 'null' : 'present',
  };
}

function readFields(reader: BodyReader, { now, isObject }: Reading): KycInput {
  const input: Read = {};
  input.type = reader.has('type') ? readType(reader) : undefined;
  input.name = reader.text('name') ?? undefined;
  input.email =
    reader.checked('email', 254, (text) =>
      normaliseEmail(text) === null ? ['format', 'must be an e-mail address'] : null,
    ) ?? undefined;
  input.birthday = nullOr(reader, 'birthday', () =>
    reader.checked('birthday', 255, (text) => {
      const problem = ageProblem(text, now);
      return problem === null ? null : [problem, AGE_MESSAGES[problem]];
    }),
  );
  input.gender = nullOr(reader, 'gender', () => reader.word('gender', ['male', 'female', 'undefined']));
  input.identityOwner = nullOr(reader, 'identityOwner', () => reader.uuid('identityOwner'));
  input.address = readAddress(reader);
  input.phone = readPhone(reader);
  input.tax = readTax(reader);
  input.documents = readDocuments(reader, isObject);
  input.faceImages = readFaceImages(reader, isObject);
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as KycInput;
}

function readType(reader: BodyReader): KycInput['type'] | undefined {
  const value = reader.value('type');
  // Lower case both ways: it is no enum of the two casings.
  if (typeof value === 'string' && value !== value.toLowerCase()) {
    return reader.refuse('type', 'enum', 'must be person or company') ?? undefined;
  }
  return reader.word('type', ['person', 'company']) ?? undefined;
}

function nullOr<Value>(
  reader: BodyReader,
  name: string,
  read: () => Value | null | undefined,
): Value | null | undefined {
  return reader.isNull(name) ? null : (read() ?? undefined);
}

/** Null where the country asks for it. */
function readState(reader: BodyReader, countryCode: string | null | undefined): string | null {
  const state = reader.nullableText('state')?.value ?? null;
  if (countryCode === 'US') {
    if (!reader.has('state')) reader.require('state');
    else if (reader.isNull('state')) reader.refuse('state', 'null', 'must not be null for the country US');
  }
  return state;
}

function readAddress(body: BodyReader): Part<'address'> | undefined {
  const reader = body.object('address', ['city', 'country', 'postalCode', 'state', 'street']);
  if (reader === null || reader === undefined) return undefined;
  reader.require('city', 'country', 'postalCode', 'street');
  const [city, postalCode, street] = ['city', 'postalCode', 'street'].map((name) => reader.text(name));
  const code = reader.checked('country', 255, country);
  const state = readState(reader, code);
  if (!city || !code || !postalCode || !street) return undefined;
  return { city, country: code, postalCode, state, street };
}

function readPhone(body: BodyReader): Part<'phone'> | undefined {
  const reader = body.object('phone', ['number', 'sms']);
  if (reader === null || reader === undefined) return undefined;
  reader.require('number');
  const number = reader.text('number');
  const sms = reader.has('sms') ? reader.value('sms') : false;
  if (sms === null) reader.refuse('sms', 'null', 'must not be null');
  else if (typeof sms !== 'boolean' && sms !== 'true' && sms !== 'false') {
    reader.refuse('sms', 'type', 'must be true or false');
  }
  return number ? { number, sms: sms === true || sms === 'true' } : undefined;
}

function readTax(body: BodyReader): Part<'tax'> | undefined {
  const reader = body.object('tax', ['country', 'idNumber', 'state', 'formationRegion']);
  if (reader === null || reader === undefined) return undefined;
  reader.require('country', 'idNumber');
  const code = reader.checked('country', 255, country);
  const idNumber = reader.text('idNumber');
  const state = readState(reader, code);
  const formationRegion = reader.nullableText('formationRegion')?.value ?? null;
  return code && idNumber ? { country: code, idNumber, state, formationRegion } : undefined;
}
