import type { FieldPath, FieldProblem, FieldRule } from '../../core/errors.ts';
import { visibleOf } from '../../kit/normalise.ts';
import { UUID } from './requests.ts';

const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Reads one object of a body, gathering what is wrong with it; each method gives null after a problem. */
export class BodyReader {
  readonly #body: Readonly<Record<string, unknown>>;
  readonly #path: FieldPath;
  readonly problems: FieldProblem[];

  /** What `names` does not hold is an additional parameter, and refused (contract kyc 3.1). */
  constructor(
    body: Readonly<Record<string, unknown>>,
    names: readonly string[],
    problems: FieldProblem[] = [],
    path: FieldPath = [],
  ) {
    this.#body = body;
    this.#path = path;
    this.problems = problems;
    for (const key of Object.keys(body)) {
      if (names.includes(key)) continue;
      problems.push({ path: [...path, key], code: 'unknown', message: 'is not a parameter' });
    }
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#body, name);
  }

  refuse(name: string, rule: FieldRule, message: string): null {
    this.problems.push({ path: [...this.#path, name], code: 'invalid', rule, message });
    return null;
  }

  require(...names: readonly string[]): void {
    for (const name of names) {
      if (this.has(name)) continue;
      this.problems.push({ path: [...this.#path, name], code: 'required', message: 'is required' });
    }
  }

  /** A trimmed text of 1 to `max` characters; undefined when it was not sent. */
  text(name: string, max = 255): string | null | undefined {
    const value = this.#body[name];
    if (!this.has(name)) return undefined;
    if (value === null) return this.refuse(name, 'null', 'must not be null');
    if (typeof value !== 'string') return this.refuse(name, 'type', 'must be a string');
    const text = value.trim();
    const length = [...text].length;
    if (visibleOf(text) === '' || length > max) {
      return this.refuse(name, 'length', `must have 1 to ${max} characters`);
    }
    if (CONTROL.test(text)) return this.refuse(name, 'format', 'must not hold control characters');
    return text;
  }

  /** As `text`, where null may be sent, and stands for nothing. */
  nullableText(name: string, max = 255): { readonly value: string | null } | null | undefined {
    if (this.has(name) && this.#body[name] === null) return { value: null };
    const text = this.text(name, max);
    return typeof text === 'string' ? { value: text } : text;
  }

  /** As `text`, checked. */
  checked(name: string, max: number, check: (text: string) => [FieldRule, string] | null) {
    const text = this.text(name, max);
    if (typeof text !== 'string') return text;
    const problem = check(text);
    return problem === null ? text : this.refuse(name, ...problem);
  }

  /** A UUID as ids are written, in lower case. */
  uuid(name: string) {
    return this.checked(name, 255, (text) => (UUID.test(text) ? null : ['format', 'must be a UUID']));
  }

  /** One of the words in either casing of its first letter; given in lower case. */
  word<const Word extends string>(name: string, words: readonly Word[]): Word | null | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#body[name];
    if (value === null) return this.refuse(name, 'null', 'must not be null');
    if (typeof value !== 'string') return this.refuse(name, 'type', 'must be a string');
    const found = words.find(
      (word) => word === value || `${word[0]?.toUpperCase()}${word.slice(1)}` === value,
    );
    return found ?? this.refuse(name, 'enum', 'must be one of the values that this parameter knows');
  }

  isNull(name: string): boolean {
    return this.has(name) && this.#body[name] === null;
  }

  value(name: string): unknown {
    return this.#body[name];
  }

  object(name: string, names: readonly string[]): BodyReader | null | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#body[name];
    if (value === null) return this.refuse(name, 'null', 'must not be null');
    if (typeof value !== 'object' || Array.isArray(value))
      return this.refuse(name, 'type', 'must be an object');
    return new BodyReader(value as Record<string, unknown>, names, this.problems, [...this.#path, name]);
  }

  /** Each item of a list, with a reader of what is wrong with it. */
  list(name: string, max: number): readonly unknown[] | null | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#body[name];
    if (value === null) return this.refuse(name, 'null', 'must not be null');
    if (!Array.isArray(value)) return this.refuse(name, 'type', 'must be a list');
    return value.length <= max ? value : this.refuse(name, 'length', `must have at most ${max} items`);
  }

  /** A reader of one object in a list. */
  item(name: string, index: number, item: unknown, names: readonly string[]): BodyReader | null {
    const path = [...this.#path, name, index];
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      return new BodyReader(item as Record<string, unknown>, names, this.problems, path);
    }
    const rule = item === null ? 'null' : 'type';
    this.problems.push({ path, code: 'invalid', rule, message: 'must be an object' });
    return null;
  }
}
