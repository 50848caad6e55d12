import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { type FieldProblem, InvalidInput } from '../core/errors.ts';
import { toFieldProblems } from './field-problems.ts';

// TypeBox stops at 8 errors unless told otherwise; a caller is told everything at once. Bounded, so that a body
// of a million wrong items costs no more than this many.
const PROBLEMS_MAX = 500;
Settings.Set({ maxErrors: PROBLEMS_MAX });

const validators = new WeakMap<TSchema, Validator>();

/** The schema's checker, compiled when first asked for. */
export function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made: Validator = Compile(schema);
  validators.set(schema, made);
  return made;
}

/**
 * @returns `value` itself, as what the schema describes. Keys that the schema does not name are still in it:
 *   read the named ones only.
 * @throws InvalidInput Every problem at once (at most 500), in the order of the input; what is missing in an
 *   object comes after what is there, in the order of the schema.
 */
export function parse<const Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  if (validatorOf(schema).Check(value)) return value as Static<Schema>;
  throw new InvalidInput(problemsOf(schema, value));
}

/** Like `parse` for a use that gathers problems of its own first: an empty list when there are none. */
export function problemsOf(schema: TSchema, value: unknown): readonly FieldProblem[] {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return [];
  return toFieldProblems(schema, value, validator.Errors(value));
}
