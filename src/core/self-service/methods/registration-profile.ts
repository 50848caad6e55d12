import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withMessage, withViolations } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import { sayText } from '../ui/texts.ts';
import { withValues } from '../ui/values.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { draftPerson } from './new-person.ts';
import { registrationProviderNodes } from './oidc-nodes.ts';
import { offeredProviders } from './oidc-providers.ts';
import { registrationKeys, userNameOf } from './registration-key-nodes.ts';
import { firstNodes, secondNodes } from './registration-nodes.ts';
import { fieldsOf, traitsOf } from './registration-traits.ts';

/**
 * The first of two steps: keeps who somebody is and shows how they may sign in; `screen=previous` goes back.
 * @see Contract iam 6.4, "Two-step registration".
 */
export async function registerProfile(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { config, offered } = await offerOf(deps, submission);
  const traits = traitsOf(submission, config);
  const fields = fieldsOf(config);
  const providers = registrationProviderNodes(offeredProviders({ config, offered }));
  if (textOf(submission, 'screen') === 'previous') {
    const nodes = inOrder('registration', [csrfNode(), ...providers, ...firstNodes(offered, fields)]);
    return refuse(deps, submission, (ui) => ({ ...ui, nodes: withValues(nodes, { traits }) }));
  }
  const person = draftPerson(deps, config, { traits });
  if ('violations' in person)
    return refuse(deps, submission, (ui) => withViolations(ui, person.violations), { active: 'profile' });
  const start = { type: submission.flow.type, base: submission.base };
  const userName = userNameOf(person.derived);
  const keys = registrationKeys(deps, { start, offered, fields, userName });
  const second = [...providers, ...secondNodes(offered, fields, traits), ...keys.nodes];
  const nodes = inOrder('registration', [csrfNode(), ...second]);
  return refuse(deps, submission, (ui) => withMessage({ ...ui, nodes }, sayText(1040009)), {
    active: 'profile',
    data: { ...keys.data, traits },
  });
}
