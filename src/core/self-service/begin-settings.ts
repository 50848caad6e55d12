import { openIamRecord } from '../iam/record.ts';
import { newFlowOf, offerOf } from './begin-flow.ts';
import type { NewFlow } from './create-flow.ts';
import { settingsNodes } from './methods/settings-nodes.ts';
import { requireVisitor } from './methods/settings-visitor.ts';
import type { FlowDeps, FlowStart } from './visit.ts';

/**
 * Settings of whoever is signed in.
 * @throws SessionInactive @throws AssuranceTooLow @throws ReturnToForbidden
 * @see Contract iam 6.1, 6.4.
 */
export async function prepareSettings(deps: FlowDeps, start: FlowStart): Promise<NewFlow> {
  const offer = await offerOf(deps, start);
  const { offered } = offer;
  const { identity, session } = requireVisitor(start, offer);
  const person = await openIamRecord(deps, identity.stored);
  const { type } = start;
  const { nodes, data } = await settingsNodes(deps, { visit: start, type, offered, person, data: {} });
  return {
    ...newFlowOf(start, offered, { kind: 'settings', nodes, data }),
    ...{ identityId: identity.stored.id, sessionId: session.id },
  };
}
