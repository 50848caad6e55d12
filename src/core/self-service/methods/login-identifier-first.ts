import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseMethod } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { withNodes, withoutGroups } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import { sayText } from '../ui/texts.ts';
import { nameOf } from '../ui/ui.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { credentialNodes, namedNode } from './login-nodes.ts';

const METHOD = 'identifier_first';
const LENGTH_MAX = 1024;

/**
 * The first of two steps: keeps who somebody says they are, and shows how they may sign in. Whether there is anybody of
 * that name is not looked at, so that the answer does not tell (R10).
 *
 * @see Contract iam 6.3, "login identifier_first".
 */
export async function nameIdentifier(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { offered } = await offerOf(deps, submission);
  if (offered.loginStyle !== 'identifier_first') return refuseMethod(deps, submission);
  const identifier = textOf(submission, 'identifier');
  if (identifier === undefined || identifier.length > LENGTH_MAX) {
    const text =
      identifier === undefined
        ? sayText(4000002, { property: 'identifier' })
        : sayText(4000017, { max_length: LENGTH_MAX });
    return refuse(deps, submission, (ui) => withNodeMessage(ui, 'identifier', text), { active: METHOD });
  }
  return refuse(
    deps,
    submission,
    (ui) => {
      const others = withoutGroups(ui.nodes, [METHOD]).filter((node) => nameOf(node) !== 'identifier');
      const nodes = withNodes(others, [namedNode(identifier), ...credentialNodes(offered)]);
      return { ...ui, nodes: inOrder('login', nodes) };
    },
    { active: METHOD },
  );
}
