import type { FieldProblem } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { FACTOR_TYPES } from '../pools/ruleset.ts';
import { type FactorInput, INPUT_TYPES, normaliseFactor } from './factors.ts';

const METADATA_KEYS_MAX = 64;
const METADATA_KEY_LENGTH_MAX = 128;
const METADATA_VALUE_LENGTH_MAX = 4096;
const FACTORS_MAX = 64;

type Read<Value> = { readonly value: Value; readonly problems: readonly FieldProblem[] };

/**
 * Checks a metadata map: up to 64 keys of 1 to 128 characters, values strings of up to 4096.
 * @see Contract pools 3.4.
 */
export function readMetadata(value: unknown): Read<Record<string, string>> {
  const problems: FieldProblem[] = [];
  const metadata: Record<string, string> = Object.create(null);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({ path: ['metadata'], code: 'invalid', message: 'Metadata must be a map of strings.' });
    return { value: metadata, problems };
  }
  const entries = Object.entries(value);
  if (entries.length > METADATA_KEYS_MAX) {
    problems.push({
      path: ['metadata'],
      code: 'invalid',
      message: `Metadata holds at most ${METADATA_KEYS_MAX} keys.`,
    });
    return { value: metadata, problems };
  }
  for (const [key, text] of entries) {
    const path = ['metadata', key];
    if (key === '' || key.length > METADATA_KEY_LENGTH_MAX) {
      const message = `A metadata key has 1 to ${METADATA_KEY_LENGTH_MAX} characters.`;
      problems.push({ path: ['metadata'], code: 'invalid', message });
    } else if (typeof text !== 'string') {
      problems.push({ path, code: 'invalid', message: 'A metadata value must be a string.' });
    } else if (text.length > METADATA_VALUE_LENGTH_MAX) {
      const message = `A metadata value has at most ${METADATA_VALUE_LENGTH_MAX} characters.`;
      problems.push({ path, code: 'invalid', message });
    } else {
      metadata[key] = text;
    }
  }
  return { value: metadata, problems };
}

/**
 * Checks a list of factors, against the pool's ruleset where one is at hand. Whether enough of them are there is
 * `checkPresence`'s to say.
 *
 * @see Contract pools 3.4 and 4.
 */
export function readFactors(value: unknown, config: PoolConfig | null): Read<FactorInput[]> {
  const problems: FieldProblem[] = [];
  const factors: FactorInput[] = [];
  if (!Array.isArray(value)) {
    problems.push({ path: ['factors'], code: 'invalid', message: 'Factors must be a list.' });
    return { value: factors, problems };
  }
  if (value.length > FACTORS_MAX) {
    problems.push({ path: ['factors'], code: 'invalid', message: `At most ${FACTORS_MAX} factors.` });
    return { value: factors, problems };
  }
  const names = new Set<string>();
  value.forEach((given: unknown, index) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      problems.push({ path: ['factors', index], code: 'invalid', message: 'A factor must be an object.' });
      return;
    }
    const before = problems.length;
    const text = (key: 'name' | 'type' | 'value'): string | null => {
      const field: unknown = (given as Record<string, unknown>)[key];
      if (typeof field === 'string') return field;
      problems.push(
        field === undefined || field === null
          ? { path: ['factors', index, key], code: 'required', message: `A factor needs a ${key}.` }
          : { path: ['factors', index, key], code: 'invalid', message: `The ${key} must be a string.` },
      );
      return null;
    };
    const invalid = (key: string, message: string) =>
      problems.push({ path: ['factors', index, key], code: 'invalid', message });

    const name = text('name');
    const type = text('type');
    const trimmed = text('value')?.trim() ?? null;
    const definition = name === null ? undefined : config?.factors.find((factor) => factor.name === name);
    if (name !== null && config !== null && definition === undefined) {
      invalid('name', 'The ruleset of the pool has no factor of this name.');
    }
    if (name !== null && names.has(name)) invalid('name', 'A factor can be given once only.');
    if (name !== null) names.add(name);
    const known = INPUT_TYPES.find((candidate) => candidate === type);
    if (type !== null && known === undefined) {
      const exists = FACTOR_TYPES.some((candidate) => candidate === type);
      invalid('type', exists ? 'A factor of this type cannot be sent.' : 'This is no type of factor.');
    } else if (definition !== undefined && type !== null && definition.type !== type) {
      invalid('type', 'The type is not the one of the ruleset.');
    }
    if (known !== undefined && trimmed !== null && normaliseFactor(known, trimmed) === null) {
      invalid(
        'value',
        known === 'email' ? 'This is no e-mail address.' : 'A username has 1 to 64 characters.',
      );
    }
    if (problems.length === before && name !== null && trimmed !== null) {
      factors.push({ name, value: trimmed });
    }
  });
  return { value: factors, problems };
}

/** At least one identifying factor when the ruleset defines any, and every required one (contract pools 4). */
export function checkPresence(config: PoolConfig, present: ReadonlySet<string>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const identifying = config.factors.filter((factor) => factor.identifier);
  if (identifying.length > 0 && !identifying.some((factor) => present.has(factor.name))) {
    problems.push({ path: ['factors'], code: 'required', message: 'An identifying factor is needed.' });
  }
  for (const { name, required } of config.factors) {
    if (required && !present.has(name)) {
      problems.push({ path: ['factors'], code: 'required', message: `The factor ${name} is required.` });
    }
  }
  return problems.slice(0, 1);
}
