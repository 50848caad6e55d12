import { type FieldProblem, InvalidInput } from '../errors.ts';
import { isOutgoingUrl, outgoingUrlRule } from '../webhooks/outgoing-url.ts';
import { CLAIM_SOURCES, CLIENT_AUTHS, type ClaimRule, type OidcProviderConfig } from './config.ts';

/** As typed; what is absent stays as it is. */
export interface OidcProviderInput extends Partial<Omit<OidcProviderConfig, 'clientAuth' | 'claimsFrom'>> {
  readonly id: string;
  readonly clientAuth?: string;
  readonly claimsFrom?: string;
  readonly clientSecret?: string;
}

export type OidcProviderChange = Partial<Omit<OidcProviderConfig, 'id'>>;

/** It stands in addresses, and before the colon of an identifier. */
const ID = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const LABEL_MAX = 60;
const TEXT_MAX = 1024;
const RULES_MAX = 50;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
const TRAIT = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*){0,7}$/;
const PLAIN = /^[^\p{C}]+$/u;
/** A claim with a name of these would be no trait that anybody asked for. */
const RESERVED_STEPS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** These bind the answer to the request; they are made for each. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  ...['client_id', 'client_secret', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri'],
]);

/** @throws InvalidInput Every problem at once. */
export function readOidcProvider(
  input: OidcProviderInput,
  { allowsHttp }: { readonly allowsHttp: boolean },
): OidcProviderChange {
  const problems = CHECKS.flatMap(({ name, isGood, message }): FieldProblem[] => {
    const value = input[name];
    return value === undefined || isGood(value, allowsHttp)
      ? []
      : [{ path: [name], code: 'invalid', message: message(allowsHttp) }];
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  const { id: _, clientSecret: __, scopes, ...change } = input;
  return {
    ...change,
    ...(scopes === undefined ? {} : { scopes: [...new Set(['openid', ...scopes])] }),
  } as OidcProviderChange;
}

interface Check {
  readonly name: keyof OidcProviderInput;
  isGood(value: unknown, allowsHttp: boolean): boolean;
  message(allowsHttp: boolean): string;
}

const CHECKS: readonly Check[] = [
  {
    name: 'id',
    isGood: (value) => ID.test(String(value)),
    message: () => 'must be of lower-case letters, digits, _ and -, at most 40',
  },
  {
    name: 'label',
    isGood: (value) => isPlain(value, LABEL_MAX),
    message: () => `must be one line of at most ${LABEL_MAX} characters`,
  },
  {
    name: 'issuer',
    isGood: (value, allowsHttp) => isIssuer(String(value), allowsHttp),
    message: (allowsHttp) => `${outgoingUrlRule({ allowsHttp })}, without a query and without /.well-known/`,
  },
  {
    name: 'clientId',
    isGood: (value) => isPlain(value, TEXT_MAX),
    message: () => 'must be one line, as the provider gave it',
  },
  {
    name: 'clientSecret',
    isGood: (value) => isPlain(value, TEXT_MAX),
    message: () => 'must be one line, as the provider gave it',
  },
  {
    name: 'clientAuth',
    isGood: (value) => CLIENT_AUTHS.some((one) => one === value),
    message: () => `must be one of ${CLIENT_AUTHS.join(', ')}`,
  },
  {
    name: 'claimsFrom',
    isGood: (value) => CLAIM_SOURCES.some((one) => one === value),
    message: () => `must be one of ${CLAIM_SOURCES.join(', ')}`,
  },
  {
    name: 'scopes',
    isGood: (value) => (value as readonly string[]).every((one) => SCOPE.test(one)),
    message: () => 'must be words, as the provider names them',
  },
  {
    name: 'parameters',
    isGood: (value) =>
      Object.entries(value as object).every(
        ([name, text]) => isPlain(name, LABEL_MAX) && isPlain(text, TEXT_MAX) && !OWN_PARAMETERS.has(name),
      ),
    message: () => `must be texts, and none of ${[...OWN_PARAMETERS].join(', ')}`,
  },
  {
    name: 'mapping',
    isGood: (value) =>
      (value as readonly ClaimRule[]).length <= RULES_MAX && (value as ClaimRule[]).every(isRule),
    message: () => `must be at most ${RULES_MAX} rules, each with the name of a claim and of a trait`,
  },
];

function isRule({ claim, trait, verifiedBy = 'none' }: ClaimRule): boolean {
  const isTrait = TRAIT.test(trait) && !trait.split('.').some((step) => RESERVED_STEPS.has(step));
  return isTrait && isPlain(claim, TEXT_MAX) && isPlain(verifiedBy, TEXT_MAX);
}

/** OpenID Connect Discovery 1.0 section 3. */
function isIssuer(text: string, allowsHttp: boolean): boolean {
  // Of an address of a document nobody could tell whether it is the issuer's own.
  return isOutgoingUrl(text, { allowsHttp }) && !/[?#]|\/\.well-known\//.test(text);
}

function isPlain(value: unknown, lengthMax: number): boolean {
  return typeof value === 'string' && value.length <= lengthMax && PLAIN.test(value);
}
