import { schemaOf } from '../iam/traits.ts';
import { newFlowOf, offerOf } from './begin-flow.ts';
import type { NewFlow } from './create-flow.ts';
import { FlowDisabled, SessionAvailable } from './errors.ts';
import { NO_KEYS } from './methods/key-ceremony.ts';
import { registrationProviderNodes } from './methods/oidc-nodes.ts';
import { offeredProviders } from './methods/oidc-providers.ts';
import { registrationKeys } from './methods/registration-key-nodes.ts';
import { asksProfileFirst, firstNodes } from './methods/registration-nodes.ts';
import type { FlowDeps, FlowStart } from './visit.ts';

/**
 * A sign-up under the pool's default schema.
 * @throws FlowDisabled @throws SessionAvailable @throws ReturnToForbidden
 * @see Contract iam 6.1, 6.4.
 */
export async function prepareRegistration(deps: FlowDeps, start: FlowStart): Promise<NewFlow> {
  const { config, offered } = await offerOf(deps, start);
  if (!offered.enabled.registration) throw new FlowDisabled('Registration is not allowed.');
  if (start.visitor !== null) throw new SessionAvailable();
  const { fields } = schemaOf(config, config.defaultSchemaId);
  const keys = asksProfileFirst(offered)
    ? NO_KEYS
    : registrationKeys(deps, { start, offered, fields, userName: '' });
  const providers = registrationProviderNodes(offeredProviders({ config, offered }));
  const nodes = [...providers, ...firstNodes(offered, fields), ...keys.nodes];
  return newFlowOf(start, offered, { kind: 'registration', nodes, data: keys.data });
}
