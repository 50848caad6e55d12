import type { TSchema } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import type { FieldCode, FieldPath, FieldProblem } from '../core/errors.ts';

type SchemaError = TLocalizedValidationError;
const MISSING = 'Is required.';

/**
 * TypeBox's errors in the core's words, in the order of the input. Missing, and null where a required value may
 * not be null, are `required`; keys that a closed object does not know are `unknown`; the rest is `invalid`.
 * Messages are built from the schema alone, so none can repeat what was sent.
 */
export function toFieldProblems(
  schema: TSchema,
  value: unknown,
  errors: readonly SchemaError[],
): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  const add = (path: FieldPath, code: FieldCode, message: string) => {
    const key = JSON.stringify(path);
    if (!problems.has(key)) problems.set(key, { path, code, message });
  };
  for (const error of withoutUnionNoise(errors)) {
    const path = toPath(value, error.instancePath);
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) add([...path, name], 'required', MISSING);
    } else if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties)
        add([...path, name], 'unknown', 'Is not a known key.');
    } else if (error.keyword !== 'boolean') {
      // `boolean` repeats `additionalProperties` for the key itself.
      const missing = at(value, path) === null && isRequired(schema, error.schemaPath);
      add(path, missing ? 'required' : 'invalid', missing ? MISSING : describe(error));
    }
  }
  return inInputOrder(value, [...problems.values()]);
}

/**
 * A union reports the errors of every branch. Kept are those of the one branch that the value was plainly meant
 * for (right type, right discriminator); where there is no such branch, only "matches none".
 */
function withoutUnionNoise(errors: readonly SchemaError[]): readonly SchemaError[] {
  const union = errors
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
    .sort((one, other) => one.schemaPath.length - other.schemaPath.length)[0];
  if (union === undefined) return errors;
  const inside = new RegExp(`^${escapePattern(`${union.schemaPath}/${union.keyword}/`)}(\\d+)(?:/|$)`);
  const branches = new Map<string, SchemaError[]>();
  const others: SchemaError[] = [];
  for (const error of errors) {
    const branch = error === union || !isUnder(error, union) ? undefined : inside.exec(error.schemaPath)?.[1];
    if (branch === undefined) {
      if (error !== union) others.push(error);
      continue;
    }
    const group = branches.get(branch);
    if (group === undefined) branches.set(branch, [error]);
    else group.push(error);
  }
  const meant = [...branches.values()].filter(
    (group) => !group.some((error) => isOtherBranch(error, union.instancePath)),
  );
  const [only] = meant;
  if (only === undefined || meant.length > 1) {
    // `not` only marks the union as settled; its text is the generic one.
    return [{ ...union, keyword: 'not', params: {} }, ...withoutUnionNoise(others)];
  }
  return [...withoutUnionNoise(only), ...withoutUnionNoise(others)];
}

/** The same union may have failed at several places of the input (items of a list): only this one's errors. */
function isUnder(error: SchemaError, union: SchemaError): boolean {
  return error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
}

function isOtherBranch(error: SchemaError, unionPath: string): boolean {
  if (error.instancePath === unionPath) return ['type', 'const', 'enum', 'anyOf'].includes(error.keyword);
  const below = error.instancePath.slice(unionPath.length + 1);
  return error.keyword === 'const' && !below.includes('/');
}

function describe(error: SchemaError): string {
  switch (error.keyword) {
    case 'type':
      return `Must be ${[error.params.type].flat().join(' or ')}.`;
    case 'minLength':
      return `Must have at least ${error.params.limit} characters.`;
    case 'maxLength':
      return `Must have at most ${error.params.limit} characters.`;
    case 'minItems':
      return `Must have at least ${error.params.limit} items.`;
    case 'maxItems':
      return `Must have at most ${error.params.limit} items.`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `Must be ${error.params.comparison} ${error.params.limit}.`;
    case 'format':
      return `Must be a valid ${error.params.format}.`;
    case 'enum':
    case 'const':
      return 'Is not one of the allowed values.';
    case 'uniqueItems':
      return 'Must not repeat an item.';
    default:
      return 'Is not valid.';
  }
}

/** Whether the object schema around `schemaPath`'s property asks for that property. */
function isRequired(schema: TSchema, schemaPath: string): boolean {
  const segments = pointer(schemaPath.replace(/^#/, ''));
  const properties = segments.lastIndexOf('properties');
  if (properties === -1) return segments.length === 0;
  let around: unknown = schema;
  for (const segment of segments.slice(0, properties)) around = child(around, segment);
  const required = child(around, 'required');
  return Array.isArray(required) && required.includes(segments[properties + 1]);
}

function inInputOrder(value: unknown, problems: FieldProblem[]): FieldProblem[] {
  const places = new WeakMap<object, Map<string, number>>();
  const placeOf = (parent: unknown, segment: string | number): number => {
    if (typeof segment === 'number') return segment;
    if (typeof parent !== 'object' || parent === null) return 0;
    let keys = places.get(parent);
    if (keys === undefined) {
      keys = new Map(Object.keys(parent).map((key, index) => [key, index]));
      places.set(parent, keys);
    }
    return keys.get(segment) ?? keys.size;
  };
  const ranked = problems.map((problem) => {
    let parent: unknown = value;
    const rank = problem.path.map((segment) => {
      const place = placeOf(parent, segment);
      parent = child(parent, segment);
      return place;
    });
    return { problem, rank };
  });
  return ranked.sort((one, other) => compare(one.rank, other.rank)).map(({ problem }) => problem);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, place] of one.entries()) {
    const against = other[index];
    if (against === undefined) return 1;
    if (place !== against) return place - against;
  }
  return one.length - other.length;
}

function toPath(value: unknown, instancePath: string): FieldPath {
  let parent = value;
  return pointer(instancePath).map((segment) => {
    const key = Array.isArray(parent) ? Number(segment) : segment;
    parent = child(parent, key);
    return key;
  });
}

function at(value: unknown, path: FieldPath): unknown {
  return path.reduce(child, value);
}

function child(parent: unknown, key: string | number): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return undefined;
  return (parent as Record<string, unknown>)[key];
}

/** RFC 6901 section 4. */
function pointer(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
