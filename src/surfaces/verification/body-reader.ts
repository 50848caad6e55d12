import type { FieldProblem } from '../../core/errors.ts';
import { readText } from './texts.ts';

/** Reads known fields of a body one by one; what is wrong is gathered. An absent field is undefined. */
export interface BodyReader {
  readonly problems: FieldProblem[];
  /** Trimmed, 1 to `max` characters. */
  text(name: string, max: number): string | undefined;
  /** As `text`; null is kept. */
  textOrNull(name: string, max: number): string | null | undefined;
  flag(name: string): boolean | undefined;
  integer(name: string, bounds: { min: number; max: number }): number | undefined;
  /** Trimmed texts, none twice. */
  texts(name: string, bounds: { max: number; lengthMax: number }): string[] | undefined;
  /** An object as it is. */
  map(name: string): Record<string, unknown> | undefined;
  /** The value, or a problem and the fallback. */
  required<Value>(name: string, value: Value | undefined, fallback: Value): Value;
}

export function createBodyReader(body: Readonly<Record<string, unknown>>, now: Date): BodyReader {
  const problems: FieldProblem[] = [];
  const problem = (name: string, message: string): undefined => {
    problems.push({ path: [name], code: 'invalid', message });
  };
  const text = (name: string, max: number): string | undefined =>
    body[name] === undefined ? undefined : (readText(body[name], { max }, at([name])) ?? undefined);
  const at = (path: FieldProblem['path']) => ({ path, now, problems });
  return {
    problems,
    text,
    textOrNull: (name, max) => (body[name] === null ? null : text(name, max)),
    flag(name) {
      const value = body[name];
      if (value === undefined || typeof value === 'boolean') return value;
      return problem(name, 'must be true or false');
    },
    integer(name, { min, max }) {
      const value = body[name];
      if (value === undefined) return undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
      return problem(name, `must be a whole number from ${min} to ${max}`);
    },
    texts(name, { max, lengthMax }) {
      const value = body[name];
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) return problem(name, 'must be a list of strings');
      if (value.length > max) return problem(name, `must have at most ${max} items`);
      const read = value.map((item, index) => readText(item, { max: lengthMax }, at([name, index])) ?? '');
      if (new Set(read).size < read.length) problem(name, 'must not have an item twice');
      return read;
    },
    map(name) {
      const value = body[name];
      if (value === undefined) return undefined;
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return value as Record<string, unknown>;
      }
      return problem(name, 'must be an object');
    },
    required(name, value, fallback) {
      if (value !== undefined) return value;
      // A value that was refused has its problem already.
      if (body[name] === undefined || body[name] === null) {
        if (!problems.some(({ path }) => path[0] === name)) {
          problems.push({ path: [name], code: 'required', message: 'is required' });
        }
      }
      return fallback;
    },
  };
}

/** Without the keys whose value is undefined: what was not sent stays. */
export function sentOf<const Parts extends object>(
  parts: Parts,
): { [Key in keyof Parts]?: Exclude<Parts[Key], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Parts]?: Exclude<Parts[Key], undefined>;
  };
}
