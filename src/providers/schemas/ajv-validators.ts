import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { InvalidSchema, PatternsTooCostly } from '../../core/traits/errors.ts';
import type {
  PhoneNumbers,
  PreparedSchema,
  SchemaFailure,
  SchemaValidators,
  ValidatedDialect,
} from '../../core/traits/ports.ts';
import { formatChecks } from './formats.ts';
import { PatternEngine } from './pattern-engine.ts';

const DIALECTS = { '07': Ajv, '2019-09': Ajv2019, '2020-12': Ajv2020 } satisfies Record<
  ValidatedDialect,
  unknown
>;
/** The name under which Ajv knows the one schema that it is given. */
const KEY = 'traits';

/** Unions and bare constraints are how schemas are written; the core has refused what strict mode is there to find. */
const OPTIONS: Options = {
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // Strict mode would try patterns on names with the language's own engine.
  allowMatchingProperties: true,
  // Inherited names, such as `constructor`, are no properties of traits.
  ownProperties: true,
  // The core bounds how many there can be.
  allErrors: true,
  messages: false,
  logger: false,
};

/**
 * JSON Schema by Ajv, which writes a function for each schema. Names and texts of a schema reach its code as literals
 * that Ajv escapes. No references are loaded, and there is no `$data`.
 */
export function createAjvValidators({ phones }: { readonly phones: PhoneNumbers }): SchemaValidators {
  const formats = formatChecks(phones);
  const meta = new Map<ValidatedDialect, Ajv>();
  return {
    problemsOf: (document, dialect) => {
      const ajv = meta.get(dialect) ?? new DIALECTS[dialect]({ ...OPTIONS, validateFormats: false });
      meta.set(dialect, ajv);
      return ajv.validateSchema(document as object) === true ? [] : (ajv.errors ?? []).map(failureOf);
    },
    prepare: (document, dialect) => {
      const patterns = new PatternEngine();
      const ajv = new DIALECTS[dialect]({
        ...OPTIONS,
        formats,
        meta: false,
        validateSchema: false,
        code: { regExp: regExpOf(patterns) },
      });
      return prepare(ajv, patterns, document);
    },
  };
}

function regExpOf(patterns: PatternEngine) {
  // `code` is for schemas that are written to files.
  return Object.assign((source: string) => patterns.compile(source), { code: 'undefined' });
}

function prepare(ajv: Ajv, patterns: PatternEngine, document: unknown): PreparedSchema {
  const validate = compiled(() => ajv.addSchema(document as object, KEY).getSchema(KEY));
  return {
    begin: () => patterns.begin(),
    failuresOf: (instance) => (validate(instance) === true ? [] : (validate.errors ?? []).map(failureOf)),
    matcherAt: (pointer) => {
      const $ref = `${KEY}#${pointer.split('/').map(encodeURIComponent).join('/')}`;
      const matches = compiled(() => ajv.compile({ $ref }));
      return (value) => {
        try {
          return matches(value) === true;
        } catch (error) {
          if (error instanceof PatternsTooCostly) return false;
          throw error;
        }
      };
    },
  };
}

function compiled<Validate>(compile: () => Validate | undefined): Validate {
  try {
    const validate = compile();
    if (validate !== undefined) return validate;
  } catch {
    // Its words are Ajv's, and may quote the schema at length.
    throw new InvalidSchema([{ pointer: '', message: 'has keywords that do not go together' }]);
  }
  throw new InvalidSchema([{ pointer: '', message: 'cannot be compiled' }]);
}

function failureOf({ instancePath, schemaPath, keyword, params }: ErrorObject): SchemaFailure {
  return { instancePointer: instancePath, schemaPath, keyword, params };
}
