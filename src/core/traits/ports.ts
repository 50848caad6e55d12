import type { TraitHomes } from '../identities/attributes.ts';

/** How a person is reached at an address. */
export type Channel = 'email' | 'sms';

/** Where in traits, from the document's root: `['traits', 'emails', 0]`. */
export type TraitPath = readonly (string | number)[];

/**
 * One rule that traits break. Holds nothing of what was sent: neither values nor names of properties that the schema
 * does not know, unless they look like names of properties (`[A-Za-z_]…`, at most 64 characters).
 */
export interface Violation {
  /** Of the value; of a missing property, the path that it should have. */
  readonly instancePath: TraitPath;
  /** JSON pointer of the keyword within the schema, in a URI fragment's form: `#/properties/traits/required`. */
  readonly schemaPath: string;
  /** The keyword of JSON Schema that failed; `limits` where the traits are larger than may be looked at. */
  readonly keyword: string;
  readonly params: { readonly limit?: number; readonly missingProperty?: string };
  /** As Kratos numbers its messages (contract iam 6.6). */
  readonly messageId: number;
  readonly text: string;
}

export interface DerivedIdentifier {
  readonly type: 'password' | 'webauthn' | 'code';
  /** Normalised; see `normaliseIdentifier`. */
  readonly value: string;
  /** Of `code` only: where the code goes. */
  readonly via?: Channel;
}

export interface DerivedAddress {
  readonly via: Channel;
  /**
   * Normalised: an e-mail address or E.164; of the format `no-validate`, as it came, trimmed. Look it up by
   * `normaliseIdentifier`.
   */
  readonly value: string;
}

/** What traits amount to beside themselves. In the order of the schema; each at most once. */
export interface Derived {
  readonly identifiers: readonly DerivedIdentifier[];
  readonly verifiable: readonly DerivedAddress[];
  readonly recovery: readonly DerivedAddress[];
  /** Null where the schema names none: then the identity's id is used. */
  readonly totpAccountName: string | null;
  readonly passkeyDisplayName: string | null;
  /** Domains of e-mail addresses, in ASCII. */
  readonly organizationDomains: readonly string[];
}

/** A scalar trait as a form shows it, with the attributes of contract iam's `input` nodes. */
export interface TraitField {
  /** `traits.name.first`: the name of the form's field. */
  readonly name: string;
  readonly path: readonly string[];
  readonly type: 'text' | 'email' | 'tel' | 'number' | 'checkbox' | 'url' | 'date' | 'datetime-local';
  readonly title?: string;
  /** By the object that it stands in, whether or not that object is required. */
  readonly required: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly autocomplete?: 'email' | 'tel' | 'url';
  readonly disabled?: true;
  /** What authenticators show somebody by. */
  readonly namesPasskeys?: true;
}

export type Traits = { readonly [name: string]: unknown };

/** A schema that is known to be safe, ready for use; immutable, and free to be shared. */
export interface CompiledSchema {
  /**
   * Judges traits as they came, before `normaliseTraits`. Any JSON value may be given; at most 50 violations come back.
   * Takes bounded time whatever the schema and the traits.
   */
  validate(traits: unknown): readonly Violation[];
  /** Of traits that are valid. Of others, what can be found; never throws. */
  derive(traits: unknown): Derived;
  /** A copy in which phone numbers that messages go to are in E.164. */
  normaliseTraits(traits: Traits): Traits;
  readonly homes: TraitHomes;
  readonly fields: readonly TraitField[];
}

export interface SchemaCompiler {
  /**
   * @param schema A JSON Schema document of which `properties.traits` is an object; see README for the limits.
   * @throws InvalidSchema With every problem that was found, at most 50.
   */
  compile(schema: unknown): CompiledSchema;
}

/** One keyword that failed, as the port reports it. */
export interface SchemaFailure {
  /** JSON pointer into the instance. */
  readonly instancePointer: string;
  readonly schemaPath: string;
  readonly keyword: string;
  /** What the keyword demanded: never anything of the instance, but names of properties. */
  readonly params: { readonly [name: string]: unknown };
}

export type ValidatedDialect = '07' | '2019-09' | '2020-12';

/** JSON Schema proper: knows nothing of marks and limits. Matches `pattern` in linear time. */
export interface SchemaValidators {
  /** Problems of a document against its dialect's own schema. */
  problemsOf(document: unknown, dialect: ValidatedDialect): readonly SchemaFailure[];
  /**
   * @param document One that passed `checkSchema`, without marks and annotations.
   * @throws InvalidSchema It cannot be compiled.
   */
  prepare(document: unknown, dialect: ValidatedDialect): PreparedSchema;
}

export interface PreparedSchema {
  /** Gives the patterns a new allowance: what follows, until the next, may cost so much together. */
  begin(): void;
  /** @throws PatternsTooCostly More text stands under patterns than may be matched in one go. */
  failuresOf(instance: unknown): readonly SchemaFailure[];
  /** Whether a value fits the subschema at a pointer; false too where it costs too much to say. */
  matcherAt(pointer: string): (value: unknown) => boolean;
}

export interface PhoneNumbers {
  /**
   * @returns E.164, or null when the text is no international number (with `+`), has an extension, or more around it.
   */
  toE164(text: string): string | null;
}
