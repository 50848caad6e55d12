import type { FieldPath, FieldProblem } from '../errors.ts';
import {
  defineFactors,
  FACTOR_TYPES,
  type FactorDefinition,
  type FactorDefinitionInput,
  type FactorType,
} from './ruleset.ts';

const TITLE_LENGTH_MAX = 200;
const FACTORS_MAX = 64;
const OPAQUE_BYTES_MAX = 65_536;
const FACTOR_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const CLAIM_LENGTH_MAX = 128;
/** In JSON text: NUL or half of a surrogate pair, which jsonb refuses; not a backslash that was sent as one. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

export type Read<Value> = { readonly value: Value; readonly problems: readonly FieldProblem[] };

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** No control characters, and no half of a surrogate pair: the database has no place for one. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function invalid(path: FieldPath, message: string): FieldProblem {
  return { path, code: 'invalid', message };
}

/** A title of 1 to 200 characters, no control characters; what is missing is undefined, and a problem where `required`. */
export function readTitle(value: unknown, required: boolean): Read<string | undefined> {
  const path = ['title'];
  if (isMissing(value)) {
    const problems: FieldProblem[] = required
      ? [{ path, code: 'required', message: 'A title is needed.' }]
      : [];
    return { value: undefined, problems };
  }
  const isTitle = typeof value === 'string' && value.trim() !== '' && value.length <= TITLE_LENGTH_MAX;
  if (!isTitle || !isStorable(value)) {
    return {
      value: undefined,
      problems: [invalid(path, `A title has 1 to ${TITLE_LENGTH_MAX} characters.`)],
    };
  }
  return { value, problems: [] };
}

/** Lists that are stored as they come (`methods`, `plans`): any JSON, up to 64 KiB. */
export function readOpaqueList(key: string, value: unknown): Read<readonly unknown[] | undefined> {
  if (isMissing(value)) return { value: undefined, problems: [] };
  const isSmall = Array.isArray(value) && Buffer.byteLength(JSON.stringify(value)) <= OPAQUE_BYTES_MAX;
  if (!isSmall || UNSTORABLE_ESCAPE.test(JSON.stringify(value))) {
    return { value: undefined, problems: [invalid([key], 'This must be a list of at most 64 KiB.')] };
  }
  return { value, problems: [] };
}

/** Factor definitions with their defaults; undefined when they are missing or wrong. */
export function readFactorDefinitions(
  value: unknown,
  required: boolean,
): Read<FactorDefinition[] | undefined> {
  const path = ['factors'];
  if (isMissing(value)) {
    const problems: FieldProblem[] = required
      ? [{ path, code: 'required', message: 'Factors are needed.' }]
      : [];
    return { value: undefined, problems };
  }
  if (!Array.isArray(value) || value.length > FACTORS_MAX) {
    return { value: undefined, problems: [invalid(path, `Factors are a list of at most ${FACTORS_MAX}.`)] };
  }
  const problems: FieldProblem[] = [];
  const inputs = value.map((given: unknown, index) => readDefinition(given, [...path, index], problems));
  if (problems.length > 0) return { value: undefined, problems };
  const defined = defineFactors(inputs.filter((input) => input !== null));
  return { value: defined.factors, problems: defined.problems };
}

function readDefinition(
  given: unknown,
  path: FieldPath,
  problems: FieldProblem[],
): FactorDefinitionInput | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(invalid(path, 'A factor definition must be an object.'));
    return null;
  }
  const fields = given as Record<string, unknown>;
  const needed = (key: string, isRight: (text: string) => boolean, message: string): string => {
    const field = fields[key];
    if (isMissing(field))
      problems.push({ path: [...path, key], code: 'required', message: `A ${key} is needed.` });
    else if (typeof field !== 'string' || !isRight(field)) problems.push(invalid([...path, key], message));
    else return field;
    return '';
  };
  const flag = (key: string): boolean | null => {
    const field = fields[key];
    if (isMissing(field)) return null;
    if (typeof field === 'boolean') return field;
    problems.push(invalid([...path, key], 'This must be true or false.'));
    return null;
  };
  const text = (key: string): string | null => {
    const field = fields[key];
    if (isMissing(field)) return null;
    const isName = typeof field === 'string' && field !== '' && field.length <= CLAIM_LENGTH_MAX;
    if (isName && isStorable(field)) return field;
    problems.push(invalid([...path, key], `This must be a name of at most ${CLAIM_LENGTH_MAX} characters.`));
    return null;
  };
  const isType = (type: string) => FACTOR_TYPES.some((known) => known === type);
  return {
    name: needed('name', (name) => FACTOR_NAME.test(name), 'A factor name is like `email` or `backup_2`.'),
    type: needed('type', isType, 'This is no type of factor.') as FactorType,
    identifier: flag('identifier'),
    persistent: flag('persistent'),
    required: flag('required'),
    claim: text('claim'),
    attribute: text('attribute'),
  };
}
