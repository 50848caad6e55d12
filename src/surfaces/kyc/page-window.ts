import { type FieldProblem, type FieldRule, InvalidInput } from '../../core/errors.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { badIds, unknownParameters } from './requests.ts';

const SIZE = 30;
const SIZE_MAX = 1000;
const CONTROL = /[\p{Cc}\p{Cs}]/u;
const WHOLE_NUMBER = /^\d{1,12}$/;

export interface Window {
  readonly offset: number;
  /** 1 to 1000. */
  readonly limit: number;
}

/**
 * The window of a list that knows nothing but pages.
 *
 * @param ids Path parameters that must be UUIDs.
 * @throws InvalidInput Everything that is wrong, at once.
 */
export function readPage(request: GuardedRequest, ...ids: readonly string[]): Window {
  const unknown = unknownParameters(request, ['page[number]', 'page[size]']);
  const problems = [...unknown, ...badIds(request, ...ids)];
  const window = readWindow((name) => readOne(request, name, problems), problems);
  if (problems.length > 0) throw new InvalidInput(problems);
  return window;
}

export function refuse(problems: FieldProblem[], name: string, rule: FieldRule, message: string): void {
  problems.push({ path: [name], code: 'invalid', rule, message });
}

/** A query parameter's text; undefined where it was not sent, or is none. */
export function readOne(
  { query }: Pick<GuardedRequest, 'query'>,
  name: string,
  problems: FieldProblem[],
): string | undefined {
  const value = query[name];
  if (Array.isArray(value)) {
    refuse(problems, name, 'format', 'must be sent once');
    return undefined;
  }
  if (value !== undefined && CONTROL.test(value)) {
    refuse(problems, name, 'format', 'must not hold control characters');
    return undefined;
  }
  return value;
}

/** @param read Gives a parameter's text. */
export function readWindow(read: (name: string) => string | undefined, problems: FieldProblem[]): Window {
  const number = (name: string, max: number, fallback: number): number => {
    const text = read(name);
    if (text === undefined) return fallback;
    const value = WHOLE_NUMBER.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= max) return value;
    const range = Number.isFinite(max) ? `from 1 to ${max}` : 'of at least 1';
    refuse(problems, name, 'type', `must be a whole number ${range}`);
    return fallback;
  };
  const limit = number('page[size]', SIZE_MAX, SIZE);
  return { limit, offset: (number('page[number]', Number.POSITIVE_INFINITY, 1) - 1) * limit };
}
