import { compileLinearRegex, type LinearRegex } from '../../kit/linear-regex.ts';
import type { CustomField } from './config.ts';

const LENGTH_MAX = 1000;
const CONTROL = /[\p{Cc}\p{Cs}]/u;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

type Rules = Pick<CustomField, 'fieldType' | 'enumValues' | 'validationRegex'>;

/**
 * A value of a custom field in the form in which it is kept: texts are trimmed.
 * @returns What is wrong with it, in words that follow the field's name and do not hold the value.
 */
export function readFieldValue(
  field: Rules,
  value: unknown,
): { readonly value: string | number | boolean } | { readonly problem: string } {
  switch (field.fieldType) {
    case 'number':
      // A number beyond the range of doubles arrives as infinity.
      if (typeof value !== 'number' || !Number.isFinite(value)) return { problem: 'must be a number' };
      return { value: Object.is(value, -0) ? 0 : value };
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { problem: 'must be true or false' };
    case 'enum':
      return typeof value === 'string' && field.enumValues?.includes(value) === true
        ? { value }
        : { problem: 'must be one of the values of the field' };
    case 'date':
      return typeof value === 'string' && isDate(value)
        ? { value }
        : { problem: 'must be a real date in YYYY-MM-DD form' };
    case 'string':
      return readText(field, value);
  }
}

function readText({ validationRegex }: Rules, value: unknown): ReturnType<typeof readFieldValue> {
  if (typeof value !== 'string') return { problem: 'must be a string' };
  const text = value.trim();
  if (text === '') return { problem: 'must not be empty' };
  if (CONTROL.test(text)) return { problem: 'must not hold control characters' };
  if ([...text].length > LENGTH_MAX) return { problem: `must have at most ${LENGTH_MAX} characters` };
  if (validationRegex !== null && !regexOf(validationRegex).test(text)) {
    return { problem: 'must match the expression of the field' };
  }
  return { value: text };
}

function isDate(text: string): boolean {
  return DATE.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}

const compiled = new Map<string, LinearRegex>();
const COMPILED_MAX = 1000;

/** Patterns were checked when their field was defined. */
function regexOf(pattern: string): LinearRegex {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const regex = compileLinearRegex(pattern);
  if ('problem' in regex) throw new TypeError('a stored pattern does not compile');
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}
