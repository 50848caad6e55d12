import { findTraitHomes } from '../identities/attributes.ts';
import { addressViolations } from './address-checks.ts';
import { checkSchema } from './check-schema.ts';
import { derive, normalisePhones } from './derive.ts';
import { InvalidSchema, PatternsTooCostly } from './errors.ts';
import { fieldsOf } from './fields.ts';
import { countValues, exceededLimit, REPORTED_MAX, TRAIT_LIMITS, VISITS_MAX } from './limits.ts';
import { type MarkedValue, markedValues } from './marked-values.ts';
import { plainSchema } from './plain-schema.ts';
import { type Matcher, planOf } from './plan.ts';
import type { CompiledSchema, Derived, PhoneNumbers, SchemaValidators, Violation } from './ports.ts';
import { weigh } from './references.ts';
import { namesIn, violationOf, withoutSummaries } from './violations.ts';

/** Failures that are looked at before some are left out. */
const JUDGED_MAX = 1_000;

const TOO_LARGE: Violation = {
  instancePath: ['traits'],
  schemaPath: '#/properties/traits',
  keyword: 'limits',
  params: {},
  messageId: 4000001,
  text: 'traits are too large, too deep, or have too many values for this schema',
};

/**
 * Compiles a schema of traits. Slow (tens of milliseconds) beside everything that the result does: keep the result.
 * @throws InvalidSchema See `SchemaCompiler`.
 */
export function compileSchema(
  { validators, phones }: { validators: SchemaValidators; phones: PhoneNumbers },
  schema: unknown,
): CompiledSchema {
  const { document, dialect } = checkSchema(schema);
  const plain = plainSchema(document, dialect);
  const problems = validators.problemsOf(plain, dialect).map(({ instancePointer, keyword }) => ({
    pointer: instancePointer,
    message: `is not what JSON Schema allows here (${keyword})`,
  }));
  if (problems.length > 0) throw new InvalidSchema(problems.slice(0, REPORTED_MAX));
  const prepared = validators.prepare(plain, dialect);
  const matchers = new Map<string, Matcher>();
  const matcherAt = (pointer: string): Matcher => {
    const matcher = matchers.get(pointer) ?? prepared.matcherAt(pointer);
    matchers.set(pointer, matcher);
    return matcher;
  };
  const plan = planOf({ document, matcherAt }, document, '');
  const known = namesIn(document);
  const valuesMax = Math.floor(VISITS_MAX / weigh(document).weight);
  const isTooLarge = (traits: unknown): boolean =>
    exceededLimit(traits, TRAIT_LIMITS) !== null || countValues(traits) > valuesMax;
  const markedIn = (traits: unknown): readonly MarkedValue[] | null => {
    prepared.begin();
    return isTooLarge(traits) ? null : markedValues(plan, { traits });
  };
  // Traits are checked, normalised and derived from in turn, and claims, trigrams, addresses and replies of one record
  // ask again: they are looked through once for all. Not a weak map of all that are at hand: until the next major
  // collection the engine keeps what such a map holds.
  let last: Looked | null = null;
  const lookThrough = (traits: unknown): Looked => {
    if (last === null || last.traits !== traits) last = { traits, values: markedIn(traits), derived: null };
    return last;
  };
  const marked = (traits: unknown) => lookThrough(traits).values ?? [];

  const validate = (traits: unknown): Violation[] => {
    const { values } = lookThrough(traits);
    if (values === null) return [TOO_LARGE];
    prepared.begin();
    const instance = { traits: traits ?? null };
    const failures = withoutSummaries(prepared.failuresOf(instance).slice(0, JUDGED_MAX));
    const violations = failures.map((failure) => violationOf(failure, instance, known));
    const all = [...violations, ...addressViolations(phones, values)];
    return distinct(all).slice(0, REPORTED_MAX);
  };
  return {
    validate: (traits) => {
      try {
        return validate(traits);
      } catch (error) {
        if (!(error instanceof PatternsTooCostly)) throw error;
        return [TOO_LARGE];
      }
    },
    derive: (traits) => {
      const looked = lookThrough(traits);
      looked.derived ??= derive(phones, looked.values ?? []);
      return looked.derived;
    },
    normaliseTraits: (traits) => normalisePhones(phones, traits, marked(traits)),
    homes: findTraitHomes(document),
    fields: fieldsOf(document),
  };
}

interface Looked {
  readonly traits: unknown;
  /** Null where the traits are too large. */
  readonly values: readonly MarkedValue[] | null;
  derived: Derived | null;
}

/** One value may break one rule by two ways: its format, and its channel. */
function distinct(violations: readonly Violation[]): Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ instancePath, messageId, text }) => {
    const key = JSON.stringify([instancePath, messageId, text]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
