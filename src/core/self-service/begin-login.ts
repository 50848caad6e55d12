import { InvalidInput } from '../errors.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import { credentialsOf } from '../identities/view.ts';
import { normaliseIdentifier } from '../traits/normalise-identifier.ts';
import { ownMember } from '../traits/pointer.ts';
import type { Traits } from '../traits/ports.ts';
import { newFlowOf, type Offer, offerOf } from './begin-flow.ts';
import { type CodeAddress, secondFactorAddresses } from './code-addresses.ts';
import type { NewFlow } from './create-flow.ts';
import { AalFulfilled, FirstFactorRequired, SessionAvailable } from './errors.ts';
import type { Stateless } from './flow-use.ts';
import { strangerKeys, visitorKeys } from './methods/login-key-nodes.ts';
import {
  codeAddressNodes,
  firstFactorNodes,
  identifierFirstNodes,
  refreshNodes,
  secondFactorNodes,
} from './methods/login-nodes.ts';
import { loginProviderNodes, refreshProviderNodes } from './methods/oidc-nodes.ts';
import { offeredProviders } from './methods/oidc-providers.ts';
import { secondFactorsOf } from './methods/person.ts';
import type { Aal } from './ports.ts';
import { withNodes } from './ui/nodes.ts';
import { sayText } from './ui/texts.ts';
import { nameOf, type UiNode } from './ui/ui.ts';
import type { FlowDeps, FlowStart, Visitor } from './visit.ts';

/**
 * A sign-in as this visitor can have it: for nobody yet, `refresh` for somebody who shows the same again, `aal2` for
 * somebody who shows a second factor.
 *
 * @throws InvalidInput Another `aal`. @throws SessionAvailable @throws FirstFactorRequired @throws AalFulfilled
 * @throws ReturnToForbidden
 * @see Contract iam 6.1, 6.4.
 */
export async function prepareLogin(deps: FlowDeps, start: FlowStart): Promise<NewFlow> {
  const requestedAal = aalOf(start.wishes.aal);
  const { visitor } = start;
  const refresh = start.wishes.refresh === 'true' && visitor !== null;
  requireUse({ visitor, requestedAal, refresh });
  const offer = await offerOf(deps, start);
  const form =
    visitor === null
      ? strangerForm(offer)
      : visitorForm(deps, offer, visitor, { requestedAal, refresh, via: start.wishes.via });
  const drawing = { start, offered: offer.offered };
  const keys =
    visitor === null
      ? strangerKeys(deps, drawing)
      : visitorKeys(deps, drawing, { credentials: credentialsOf(visitor.identity), requestedAal });
  const nodes = withNodes(form.nodes, keyNodesBeside(offer, keys.nodes));
  return {
    ...newFlowOf(start, offer.offered, { kind: 'login', ...form, nodes, data: keys.data }),
    ...{ requestedAal, refresh },
    ...(visitor === null ? {} : { identityId: visitor.identity.stored.id, sessionId: visitor.session.id }),
  };
}

/**
 * A native client's sign-in for nobody yet, begun without any wish: most are.
 * @see Contract iam 6.1, `GET /self-service/login/api`.
 */
export const STATELESS_LOGIN: Stateless = {
  kind: 'login',
  isSuch: ({ type, visitor, requestUrl, base, notice }) =>
    type === 'api' && visitor === null && requestUrl === nativeUrl(base) && notice === undefined,
  start: (visit) => ({
    ...visit,
    ...{ type: 'api', visitor: null, csrfCookie: null, requestUrl: nativeUrl(visit.base) },
    ...{ returnTo: null, wishes: {} },
  }),
  isBlind: ({ methods }, { method }) => method === 'password' && methods.password.enabled,
};

function nativeUrl(base: string): string {
  return `${base}/self-service/login/api`;
}

function aalOf(text = 'aal1'): Aal {
  if (text === 'aal1' || text === 'aal2') return text;
  throw new InvalidInput([{ path: ['aal'], code: 'invalid', rule: 'enum', message: 'must be aal1 or aal2' }]);
}

function requireUse(wish: { visitor: Visitor | null; requestedAal: Aal; refresh: boolean }): void {
  const { visitor, requestedAal, refresh } = wish;
  if (requestedAal === 'aal2') {
    if (visitor === null) throw new FirstFactorRequired();
    if (visitor.session.aal === 'aal2' && !refresh) throw new AalFulfilled();
  } else if (visitor !== null && !refresh) throw new SessionAvailable();
}

/** Where it is asked for first, the identifier stands among what asks for it. */
function keyNodesBeside({ offered }: Offer, nodes: readonly UiNode[]): readonly UiNode[] {
  if (offered.loginStyle !== 'identifier_first') return nodes;
  return nodes.filter((node) => nameOf(node) !== 'identifier');
}

function strangerForm(offer: Offer) {
  const { offered } = offer;
  const isNamed = offered.loginStyle === 'identifier_first';
  const own = isNamed ? identifierFirstNodes() : firstFactorNodes(offered);
  return { nodes: [...loginProviderNodes(offeredProviders(offer)), ...own] };
}

function visitorForm(
  { phones }: Pick<FlowDeps, 'phones'>,
  { config, offered }: Offer,
  { identity }: Visitor,
  { requestedAal, refresh, via }: { requestedAal: Aal; refresh: boolean; via: string | undefined },
) {
  const { stored, profile } = identity;
  const messages = [
    ...(refresh ? [sayText(1010003)] : []),
    ...(requestedAal === 'aal2' ? [sayText(1010004)] : []),
  ];
  const credentials = credentialsOf(identity);
  const traits = profile?.traits ?? {};
  const derived = derivedOf(config, { schemaId: stored.schemaId, traits });
  if (requestedAal === 'aal2') {
    const addresses = secondFactorAddresses(offered, derived);
    const shown = via === undefined ? addresses : [addressAt({ phones, traits, addresses }, via)];
    const factors = secondFactorNodes(secondFactorsOf(offered, credentials));
    return { messages, nodes: [...factors, ...codeAddressNodes(shown)] };
  }
  const providers = refreshProviderNodes(offeredProviders({ config, offered }), credentials);
  return { messages, nodes: [...providers, ...refreshNodes(offered, { credentials, derived })] };
}

/**
 * The one that a parameter points at.
 * @param via Where in traits it stands: `email`, `contact.phone`.
 * @throws InvalidInput
 */
function addressAt(
  { phones, traits, addresses }: Pick<FlowDeps, 'phones'> & { traits: Traits; addresses: CodeAddress[] },
  via: string,
): CodeAddress {
  const value = via.split('.').reduce<unknown>(ownMember, traits);
  const identifier = typeof value === 'string' ? normaliseIdentifier(phones, value) : null;
  const found = addresses.find((one) => one.identifier === identifier);
  if (found !== undefined) return found;
  const message = 'must name a trait that holds an address which codes may go to';
  throw new InvalidInput([{ path: ['via'], code: 'invalid', message }]);
}
