import { InvalidInput } from '../errors.ts';
import { type IdentifyConfig, type ProviderConfig, STRATEGIES, type Strategy } from './config.ts';
import { OperationNotSupported, ProviderNotEnabled, ProviderUnsupported } from './errors.ts';

/** Calls of contract identify 3. */
export type Operation =
  | ('register' | 'profile' | 'update' | 'login' | 'changePassword' | 'forgotPassword')
  | ('confirmForgotPassword' | 'refresh' | 'logout' | 'check' | 'checkNonstandard' | 'link');

/** A provider of a project, as a request names it. */
export interface Pair {
  readonly strategy: Strategy;
  readonly name: string;
  readonly provider: ProviderConfig;
}

/** Providers that there are without an operator naming them. */
const KNOWN: { readonly [name: string]: Strategy } = {
  ...{ awsCognito: 'email', local: 'email', authZero: 'email', twitter: 'email', google: 'email' },
  ...{ facebook: 'email', anonymous: 'simplified', noLogin: 'simplified' },
};

const OPEN_ID: readonly Operation[] = ['profile', 'update', 'check', 'link'];
const SOCIAL: readonly Operation[] = ['profile', 'update', 'checkNonstandard', 'link'];
const WITH_PASSWORD: readonly Operation[] = [
  ...(['register', 'profile', 'update', 'login', 'changePassword', 'forgotPassword'] as const),
  ...(['confirmForgotPassword', 'refresh', 'logout', 'check', 'link'] as const),
];
const OPERATIONS: { readonly [name: string]: readonly Operation[] } = {
  ...{ awsCognito: WITH_PASSWORD, local: WITH_PASSWORD, authZero: OPEN_ID },
  ...{ twitter: SOCIAL, google: SOCIAL, facebook: SOCIAL },
  anonymous: ['register', 'login'],
  noLogin: ['register', 'profile', 'update'],
};
/** Of providers with a name of an operator's own. */
const CUSTOM: readonly Operation[] = [...OPEN_ID, 'checkNonstandard'];

/**
 * Which provider of a project a call is for, and whether it has that call: in the contract's order.
 *
 * @param named.hasExternalId The request names a user by it, as only noLogin has it.
 * @throws InvalidInput No strategy, or no provider and no default. @throws ProviderUnsupported
 * @throws ProviderNotEnabled @throws OperationNotSupported
 * @see Contract identify 2.
 */
export function resolvePair(
  config: IdentifyConfig,
  operation: Operation,
  named: {
    readonly strategy: string | undefined;
    readonly provider: string | undefined;
    readonly hasExternalId: boolean;
  },
): Pair {
  if (named.strategy === undefined || named.strategy === '') throw missing('strategy');
  // FanKit has the provider's name among its strategies.
  const isAlias = named.strategy === 'anonymous';
  const strategy = isAlias ? 'simplified' : STRATEGIES.find((one) => one === named.strategy);
  const given = named.provider === '' ? undefined : named.provider;
  if (strategy === undefined || (isAlias && given !== undefined && given !== 'anonymous'))
    throw new ProviderUnsupported();
  const name = given ?? (isAlias ? 'anonymous' : defaultOf(config, strategy, named.hasExternalId));
  return pairOf(config, operation, { strategy, name });
}

/**
 * The other provider of a call that names two. A name says which strategy it goes with.
 * @throws ProviderUnsupported @throws ProviderNotEnabled @throws OperationNotSupported
 */
export function resolveOther(config: IdentifyConfig, operation: Operation, name: string): Pair {
  const strategy = strategyOf(config, name);
  if (strategy === undefined) throw new ProviderUnsupported();
  return pairOf(config, operation, { strategy, name });
}

/** Whether whoever shows a token of this provider says whose it is: one of X does not, until X is asked for it. */
export function needsUserId({ name }: Pick<Pair, 'name'>): boolean {
  return name === 'twitter';
}

/** @throws ProviderUnsupported @throws ProviderNotEnabled @throws OperationNotSupported */
function pairOf(
  config: IdentifyConfig,
  operation: Operation,
  { strategy, name }: Pick<Pair, 'strategy' | 'name'>,
): Pair {
  if (strategyOf(config, name) !== strategy) throw new ProviderUnsupported();
  const provider = providerOf(config, name);
  if (provider?.enabled !== true) throw new ProviderNotEnabled();
  const operations = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : CUSTOM;
  if (operations?.includes(operation) !== true) throw new OperationNotSupported();
  return { strategy, name, provider };
}

function providerOf({ providers }: IdentifyConfig, name: string): ProviderConfig | undefined {
  return Object.hasOwn(providers, name) ? providers[name] : undefined;
}

/** Undefined: no provider that there is anything known of. */
function strategyOf(config: IdentifyConfig, name: string): Strategy | undefined {
  if (Object.hasOwn(KNOWN, name)) return KNOWN[name];
  return providerOf(config, name) === undefined ? undefined : 'email';
}

/** @throws InvalidInput */
function defaultOf(
  { defaults, providers }: IdentifyConfig,
  strategy: Strategy,
  hasExternalId: boolean,
): string {
  if (strategy === 'simplified' && hasExternalId) return 'noLogin';
  const named = defaults[strategy];
  if (named !== undefined && providers[named]?.enabled === true) return named;
  const isOfStrategy = (name: string) => (KNOWN[name] ?? 'email') === strategy;
  const enabled = Object.keys(providers).filter((name) => providers[name]?.enabled && isOfStrategy(name));
  const [only, ...others] = enabled;
  if (only === undefined || others.length > 0) throw missing('provider');
  return only;
}

function missing(name: string): InvalidInput {
  return new InvalidInput([{ path: [name], code: 'required', message: 'must be given' }]);
}
