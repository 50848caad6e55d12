import type { Fields, Mode, Values } from './field.ts';

/** What is wrong with one setting. `key` is `server.port`, or the name of a variable that nobody knows. */
export interface Fault {
  readonly key: string;
  readonly message: string;
}

export interface Section<Name extends string = string, F extends Fields = Fields, T = unknown> {
  readonly name: Name;
  readonly title: string;
  readonly prose: string;
  readonly fields: F;
  /** Rules over several settings of the section; runs only when each of them was readable. */
  check(values: Values<F>, mode: Mode): readonly Fault[];
  /** The section as the program sees it. */
  finish(values: Values<F>): T;
}

type Options<Name extends string, F extends Fields> = Pick<
  Section<Name, F>,
  'name' | 'title' | 'prose' | 'fields'
> & { check?(values: Values<F>, mode: Mode): readonly Fault[] };

/** Without `finish`, the program sees the values as they are. */
export function section<const Name extends string, F extends Fields, T>(
  options: Options<Name, F> & { finish(values: Values<F>): T },
): Section<Name, F, T>;
export function section<const Name extends string, F extends Fields>(
  options: Options<Name, F>,
): Section<Name, F, Values<F>>;
export function section<Name extends string, F extends Fields>(
  options: Options<Name, F> & { finish?(values: Values<F>): unknown },
): Section<Name, F, unknown> {
  return { check: () => [], finish: (values) => values, ...options };
}
