import { InvalidInput } from '../errors.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import { credentialsOf } from '../identities/view.ts';
import { newFlowOf, type Offer, offerOf } from './begin-flow.ts';
import type { NewFlow } from './create-flow.ts';
import { AalFulfilled, FirstFactorRequired, SessionAvailable } from './errors.ts';
import { firstFactorNodes, refreshNodes, secondFactorNodes } from './methods/login-nodes.ts';
import { secondFactorsOf } from './methods/person.ts';
import type { Aal } from './ports.ts';
import { sayText } from './ui/texts.ts';
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
    visitor === null ? strangerForm(offer) : visitorForm(offer, visitor, { requestedAal, refresh });
  return {
    ...newFlowOf(start, offer.offered, { kind: 'login', ...form }),
    ...{ requestedAal, refresh },
    ...(visitor === null ? {} : { identityId: visitor.identity.stored.id, sessionId: visitor.session.id }),
  };
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

function strangerForm({ offered }: Offer) {
  return { nodes: firstFactorNodes(offered) };
}

function visitorForm(
  { config, offered }: Offer,
  { identity }: Visitor,
  { requestedAal, refresh }: { requestedAal: Aal; refresh: boolean },
) {
  const { stored, profile } = identity;
  const messages = [
    ...(refresh ? [sayText(1010003)] : []),
    ...(requestedAal === 'aal2' ? [sayText(1010004)] : []),
  ];
  const credentials = credentialsOf(identity);
  if (requestedAal === 'aal2')
    return { messages, nodes: secondFactorNodes(secondFactorsOf(offered, credentials)) };
  const derived = derivedOf(config, { schemaId: stored.schemaId, traits: profile?.traits ?? {} });
  return { messages, nodes: refreshNodes(offered, { credentials, derived }) };
}
