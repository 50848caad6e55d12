import type { FieldPath, FieldProblem } from '../errors.ts';
import { isOutgoingUrl, outgoingUrlRule } from '../webhooks/outgoing-url.ts';
import { DEFAULT_LOCAL, type LocalSettings, type OpenSettings, type ProviderConfig } from './config.ts';
import { COGNITO_FLOWS, type OutsideKind, VALIDATIONS } from './provider-settings.ts';

type JsonObject = { readonly [name: string]: unknown };

interface Rule {
  /** Goes on after "must be". */
  readonly must: string;
  fits(value: unknown, allowsHttp: boolean): boolean;
}

/** Rules by setting; a table within is an object of settings. A `!` at the end of a name: it cannot be left out. */
type Rules = { readonly [name: string]: Rule | Rules };

const LINE = /^[^\p{C}]{1,2048}$/u;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

const line: Rule = {
  must: 'one line of text',
  fits: (value) => typeof value === 'string' && LINE.test(value),
};
/** A token of RFC 9110, section 5.6.2. */
const cookieName: Rule = {
  must: 'the name of a cookie',
  fits: (value) => typeof value === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(value),
};
const pem: Rule = {
  must: 'a PEM block',
  fits: (value) =>
    typeof value === 'string' && value.length < 8192 && value.includes('-----BEGIN PUBLIC KEY-----'),
};
const flag: Rule = { must: 'true or false', fits: (value) => typeof value === 'boolean' };
const url: Rule = {
  must: `an address: it ${outgoingUrlRule({ allowsHttp: true })}, with http where the installation allows it`,
  fits: (value, allowsHttp) => typeof value === 'string' && isOutgoingUrl(value, { allowsHttp }),
};
const lines: Rule = {
  must: 'a list of texts',
  fits: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 50 &&
    value.every((one) => line.fits(one, false)),
};
const oneOf = (...choices: readonly string[]): Rule => ({
  must: choices.join(' or '),
  fits: (value) => choices.some((choice) => choice === value),
});
const whole = (min: number, max: number): Rule => ({
  must: `a whole number from ${min} to ${max}`,
  fits: (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
});
const timeoutMs = whole(50, 30_000);

const OUTSIDE: { readonly [K in OutsideKind]: Rules } = {
  cognito: {
    ...{
      'region!': line,
      endpoint: url,
      'userPoolId!': line,
      'clientId!': line,
      clientSecret: line,
      timeoutMs,
    },
    ...{ authFlow: oneOf(...COGNITO_FLOWS), autoConfirm: flag, revokeOnLogout: flag },
    ...{ rotatesRefreshTokens: flag, issuer: url },
    passwordPolicy: { minLength: whole(6, 99), upper: flag, lower: flag, digit: flag, symbol: flag },
    credentials: { 'accessKeyId!': line, 'secretAccessKey!': line, sessionToken: line },
  },
  openid: {
    ...{ 'issuer!': url, audience: line, clientId: line, validation: oneOf(...VALIDATIONS), timeoutMs },
    ...{ jwksUri: url, publicKeyPem: pem, userinfoUrl: url, cookieName },
    claims: {
      ...{ subject: line, email: line, nickname: line, username: line, countryCode: line, ageVerified: line },
    },
    management: { 'clientId!': line, 'clientSecret!': line, audience: line, required: flag },
  },
  google: {
    ...{
      'clientIds!': lines,
      jwksUri: url,
      tokeninfoUrl: url,
      userinfoUrl: url,
      hostedDomain: line,
      timeoutMs,
    },
  },
  facebook: {
    ...{ 'appId!': line, 'appSecret!': line, graphUrl: url, graphVersion: line, timeoutMs },
    limitedLogin: { jwksUri: url, issuer: url },
  },
  twitter: {
    ...{ apiUrl: url, mode: oneOf('oauth1', 'oauth2'), consumerKey: line, consumerSecret: line, timeoutMs },
  },
};

const LOCAL: Rules = {
  passwordPolicy: { minLength: whole(8, 128), upper: flag, lower: flag, digit: flag, symbol: flag },
  autoConfirm: flag,
  accessSeconds: whole(60, 24 * 60 * 60),
  refreshSeconds: whole(60, 365 * 24 * 60 * 60),
};

const KINDS: { readonly [name: string]: OutsideKind } = {
  ...{
    awsCognito: 'cognito',
    authZero: 'openid',
    google: 'google',
    facebook: 'facebook',
    twitter: 'twitter',
  },
};

/**
 * One provider as an operator wrote it down.
 * @param problems Everything that is wrong is added; what is returned then is not to be used.
 */
export function readProvider(
  name: string,
  document: unknown,
  { allowsHttp, problems }: { allowsHttp: boolean; problems: FieldProblem[] },
): ProviderConfig | null {
  const path = ['providers', name];
  const refuse = (below: FieldPath, message: string): null => {
    problems.push({ path: [...path, ...below], code: 'invalid', message });
    return null;
  };
  if (!NAME.test(name)) return refuse([], 'must be named with letters, digits, _ and -, at most 40');
  if (!isObject(document)) return refuse([], 'must be an object');
  const { enabled = true, strategy, backend, ...rest } = document;
  const isSimplified = name === 'anonymous' || name === 'noLogin';
  if (strategy !== undefined && strategy !== (isSimplified ? 'simplified' : 'email'))
    return refuse(['strategy'], `must be ${isSimplified ? 'simplified' : 'email'}`);
  if (typeof enabled !== 'boolean') return refuse(['enabled'], 'must be true or false');
  const check = (rules: Rules) => problems.push(...problemsOf(rules, rest, path, allowsHttp));
  if (isSimplified) {
    check({});
    return { type: name, enabled };
  }
  if (name === 'local' || (name === 'awsCognito' && backend !== 'aws')) {
    if (backend !== undefined && backend !== 'local') return refuse(['backend'], 'must be local or aws');
    check(LOCAL);
    return { type: 'local', enabled, settings: localSettings(rest) };
  }
  if (backend !== undefined && name !== 'awsCognito') return refuse(['backend'], 'is no setting');
  const kind = KINDS[name] ?? 'openid';
  check(OUTSIDE[kind]);
  if (kind === 'openid') problems.push(...openIdProblems(rest, path));
  const settings: OpenSettings = { kind, ...rest };
  return { type: 'outside', enabled, settings };
}

/** Without an audience, what another application of the same issuer was given would be accepted here. */
function openIdProblems(given: JsonObject, path: FieldPath): FieldProblem[] {
  const { validation, audience, clientId, publicKeyPem } = given;
  const must = (name: string, message: string): FieldProblem => {
    return { path: [...path, name], code: 'required', message: `must be given${message}` };
  };
  return [
    ...(validation !== 'endpoint' && audience === undefined && clientId === undefined
      ? [must('audience', ', or clientId, unless validation is endpoint')]
      : []),
    ...(validation === 'publicKey' && publicKeyPem === undefined
      ? [must('publicKeyPem', ' where validation is publicKey')]
      : []),
  ];
}

function localSettings(given: JsonObject): LocalSettings {
  const { passwordPolicy, ...rest } = given as Partial<LocalSettings>;
  return {
    ...DEFAULT_LOCAL,
    ...rest,
    passwordPolicy: { ...DEFAULT_LOCAL.passwordPolicy, ...passwordPolicy },
  };
}

function problemsOf(rules: Rules, given: JsonObject, path: FieldPath, allowsHttp: boolean): FieldProblem[] {
  const names = Object.keys(rules).map((name) => name.replace('!', ''));
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  const problems = unknown.map((name): FieldProblem => {
    return { path: [...path, name], code: 'unknown', message: 'is no setting' };
  });
  for (const [marked, rule] of Object.entries(rules)) {
    const name = marked.replace('!', '');
    const value = given[name];
    const below = [...path, name];
    if (value === undefined) {
      if (marked !== name) problems.push({ path: below, code: 'required', message: 'must be given' });
    } else if (!isRule(rule)) {
      if (isObject(value)) problems.push(...problemsOf(rule, value, below, allowsHttp));
      else problems.push({ path: below, code: 'invalid', message: 'must be an object' });
    } else if (!rule.fits(value, allowsHttp)) {
      problems.push({ path: below, code: 'invalid', message: `must be ${rule.must}` });
    }
  }
  return problems;
}

function isRule(rule: Rule | Rules): rule is Rule {
  return typeof rule.fits === 'function';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
