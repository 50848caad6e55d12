import { type FieldPath, type FieldProblem, InvalidInput } from '../errors.ts';
import {
  type IdentifyConfig,
  type IdentifyLimits,
  type ProviderConfig,
  SAME_SITES,
  SIGNATURE_SCHEMES,
  STRATEGIES,
  type TokenCookies,
} from './config.ts';
import { readProvider } from './read-provider.ts';

type JsonObject = { readonly [name: string]: unknown };

/** What an operator sets at once; what is absent stays. */
export interface IdentifyChange {
  readonly settings: Partial<Omit<IdentifyConfig, 'providers' | 'signature' | 'limits'>> & {
    readonly signature?: Partial<IdentifyConfig['signature']>;
    readonly limits?: Partial<IdentifyLimits>;
  };
  /** Each as a whole; null: as it is by default, or not there. */
  readonly providers: { readonly [name: string]: ProviderConfig | null };
  /** Of signatures. */
  readonly secret?: string;
  /** All of them. */
  readonly previousSecrets?: readonly string[];
}

const ORIGIN = /^https?:\/\/(?:\*\.[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
/** The last part begins with a letter: addresses in numbers have no hosts below them. */
const HOST = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const SECRET_BYTES_MIN = 16;
const LIST_MAX = 100;
const LIMITS: { readonly [K in keyof IdentifyLimits]: readonly [min: number, max: number] } = {
  appProfileBytes: [2, 64 * 1024],
  loginHistory: [1, 1000],
  devices: [1, 200],
  noLoginPerMinute: [1, 1_000_000],
};
const NAMES = [
  ...['name', 'providers', 'defaults', 'signature', 'cors', 'cookies', 'limits', 'timestampStep', 'compat'],
];

/**
 * Settings of a project as an operator wrote them down (contract identify 5).
 * @throws InvalidInput Every problem at once; names that there are not among them.
 */
export function readIdentifySettings(
  document: unknown,
  { allowsHttp }: { readonly allowsHttp: boolean },
): IdentifyChange {
  const problems: FieldProblem[] = [];
  const read = new Reader(problems);
  const given = read.object([], document, NAMES);
  const { scheme, maxAgeSeconds, secret, previousSecrets } = read.object(['signature'], given.signature, [
    ...['scheme', 'maxAgeSeconds', 'secret', 'previousSecrets'],
  ]);
  const providers = Object.entries(isObject(given.providers) ? given.providers : {}).map(
    ([name, one]) => [name, one === null ? null : readProvider(name, one, { allowsHttp, problems })] as const,
  );
  const limits = read.object(['limits'], given.limits, Object.keys(LIMITS));
  const { origins } = read.object(['cors'], given.cors, ['origins']);
  const { seedMessages } = read.object(['compat'], given.compat, ['seedMessages']);
  const change = {
    settings: present({
      name: read.line(['name'], given.name),
      defaults: read.defaults(given.defaults),
      signature: ifAny({
        scheme: read.oneOf(['signature', 'scheme'], scheme, SIGNATURE_SCHEMES),
        maxAgeSeconds: read.whole(['signature', 'maxAgeSeconds'], maxAgeSeconds, [60, 365 * 86_400]),
      }),
      corsOrigins: read.texts(['cors', 'origins'], origins, 'an origin', (text) => ORIGIN.test(text)),
      cookies: read.cookies(given.cookies),
      limits: ifAny(
        Object.fromEntries(
          Object.entries(LIMITS).map(([name, bounds]) => [
            name,
            read.whole(['limits', name], limits[name], bounds),
          ]),
        ),
      ),
      timestampStep: read.whole(['timestampStep'], given.timestampStep, [1, 3600]),
      seedMessages: read.flag(['compat', 'seedMessages'], seedMessages),
    }),
    providers: Object.fromEntries(providers),
    ...present({
      secret: read.texts(
        ['signature', 'secret'],
        secret === undefined ? undefined : [secret],
        SECRET,
        isSecret,
      )?.[0],
      previousSecrets: read.texts(['signature', 'previousSecrets'], previousSecrets, SECRET, isSecret),
    }),
  };
  if (given.providers !== undefined && !isObject(given.providers)) read.refuse(['providers'], 'an object');
  if (problems.length > 0) throw new InvalidInput(problems);
  return change as IdentifyChange;
}

const SECRET = `a text of at least ${SECRET_BYTES_MIN} bytes`;

function isSecret(text: string): boolean {
  return text.isWellFormed() && text.length <= 1024 && Buffer.byteLength(text) >= SECRET_BYTES_MIN;
}

/** Reads values of a document; undefined for what is absent, and for what is wrong, which is noted. */
class Reader {
  readonly #problems: FieldProblem[];
  constructor(problems: FieldProblem[]) {
    this.#problems = problems;
  }

  refuse(path: FieldPath, must: string): undefined {
    this.#problems.push({ path, code: 'invalid', message: `must be ${must}` });
  }

  object(path: FieldPath, value: unknown, names: readonly string[]): JsonObject {
    if (value === undefined && path.length > 0) return {};
    if (!isObject(value)) {
      this.refuse(path, 'an object');
      return {};
    }
    for (const name of Object.keys(value).filter((one) => !names.includes(one)))
      this.#problems.push({ path: [...path, name], code: 'unknown', message: 'is no setting' });
    return value;
  }

  line(path: FieldPath, value: unknown): string | undefined {
    if (value === undefined || (typeof value === 'string' && /^[^\p{C}]{1,200}$/u.test(value))) return value;
    return this.refuse(path, 'a line of 1 to 200 characters');
  }

  flag(path: FieldPath, value: unknown): boolean | undefined {
    return value === undefined || typeof value === 'boolean' ? value : this.refuse(path, 'true or false');
  }

  whole(path: FieldPath, value: unknown, [min, max]: readonly [number, number]): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.refuse(path, `a whole number from ${min} to ${max}`);
  }

  oneOf<T extends string>(path: FieldPath, value: unknown, choices: readonly T[]): T | undefined {
    if (value === undefined) return undefined;
    return choices.find((one) => one === value) ?? this.refuse(path, choices.join(' or '));
  }

  texts(
    path: FieldPath,
    value: unknown,
    what: string,
    fits: (text: string) => boolean,
  ): readonly string[] | undefined {
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.length <= LIST_MAX;
    if (isList && value.every((one) => typeof one === 'string' && fits(one))) return value;
    return this.refuse(path, `${what}, or a list of at most ${LIST_MAX} of them`);
  }

  /** As a whole; null takes them back. */
  cookies(value: unknown): TokenCookies | null | undefined {
    if (value === undefined || value === null) return value;
    const given = this.object(['cookies'], value, ['domain', 'sameSite']);
    const domain = this.host(['cookies', 'domain'], given.domain);
    const sameSite = this.oneOf(['cookies', 'sameSite'], given.sameSite, SAME_SITES);
    if (isObject(value) && given.sameSite === undefined)
      this.#problems.push({ path: ['cookies', 'sameSite'], code: 'required', message: 'must be given' });
    return sameSite === undefined ? undefined : { ...(domain === undefined ? {} : { domain }), sameSite };
  }

  host(path: FieldPath, value: unknown): string | undefined {
    if (value === undefined || (typeof value === 'string' && HOST.test(value))) return value;
    return this.refuse(path, 'a host name of two parts or more, in lower case, without a dot before it');
  }

  defaults(value: unknown): IdentifyConfig['defaults'] | undefined {
    if (value === undefined) return undefined;
    const given = this.object(['defaults'], value, STRATEGIES);
    const isText = Object.values(given).every((one) => typeof one === 'string');
    return isText ? (given as IdentifyConfig['defaults']) : this.refuse(['defaults'], 'names of providers');
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function present(parts: { readonly [name: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function ifAny(parts: { readonly [name: string]: unknown }): JsonObject | undefined {
  const given = present(parts);
  return Object.keys(given).length === 0 ? undefined : given;
}
