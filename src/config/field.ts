/** Who reads the settings: the quickstart, the production server, or a command on an installation. */
export type Mode = 'start' | 'serve' | 'manage';

/** Where a raw value came from, for those kinds that read text and JSON differently. */
export interface Origin {
  /** `environment` values are always text. */
  readonly from: 'environment' | 'file';
  /** Absolute folder that relative paths count from: the working directory, or the settings file's folder. */
  readonly folder: string;
}

/** How one kind of value is read. */
export interface Kind<T> {
  /** For people: `integer from 0 to 65535`. */
  readonly type: string;
  /** @throws Refusal The value is not of this kind. Its message must not hold a value that may be secret. */
  read(raw: unknown, origin: Origin): T;
}

/** A value that does not fit; `message` continues "server.port ": "must be …". */
export class Refusal extends Error {}

/** One setting: a kind, what holds when nothing is chosen, and prose for docs/config.md. */
export interface Field<T> {
  readonly kind: Kind<T>;
  readonly prose: string;
  /** The name of its environment variable where it is not the generated one. */
  readonly env: string | undefined;
  /** What holds in a mode when nothing is chosen; a `Refusal` where that mode wants a choice. */
  preset(mode: Mode): T | Refusal;
  /** The preset in words, for docs/config.md. */
  readonly presetText: string;
}

export interface Fields {
  readonly [name: string]: Field<unknown> | Fields;
}

export type Values<F> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : Values<F[K]>;
};

interface Common<T> {
  readonly kind: Kind<T>;
  readonly prose: string;
  readonly env?: string;
}

/** A setting with a default that is safe in every mode. */
export function withDefault<T>(options: Common<T> & { readonly default: NoInfer<T> }): Field<T> {
  return { ...common(options), preset: () => options.default, presetText: words(options.default) };
}

/** A setting that may stay unset: null. */
export function optional<T>(options: Common<T>): Field<T | null> {
  return { ...common(options), preset: () => null, presetText: '(not set)' };
}

/** A setting whose default serves the quickstart only; production gets another one, or must choose. */
export function byMode<T>(
  options: Common<T> & { readonly quickstart: NoInfer<T>; readonly serve: NoInfer<T> | Refusal },
): Field<T> {
  const { quickstart, serve } = options;
  const inServe = serve instanceof Refusal ? 'must be chosen' : words(serve);
  return {
    ...common(options),
    preset: (mode) => (mode === 'serve' ? serve : quickstart),
    presetText: `${words(quickstart)}; in \`serve\`: ${inServe}`,
  };
}

export function isField(entry: Field<unknown> | Fields): entry is Field<unknown> {
  return typeof entry.preset === 'function';
}

function common<T>({ kind, prose, env }: Common<T>): Pick<Field<T>, 'kind' | 'prose' | 'env'> {
  return { kind, prose, env };
}

function words(value: unknown): string {
  if (value === null) return '(not set)';
  if (Array.isArray(value))
    return value.length === 0 ? '(empty)' : value.map((one) => `\`${one}\``).join(', ');
  return `\`${value}\``;
}
