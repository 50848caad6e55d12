import type { IdentityId } from '../../ports.ts';
import type { Arrival } from '../arrival.ts';
import { prepareLogin } from '../begin-login.ts';
import { createFlow } from '../create-flow.ts';
import type { Flow } from '../flow.ts';
import { type Outcome, refused } from '../outcome.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, FlowStart, Submission } from '../visit.ts';

/**
 * Somebody came with an account at a provider, and what it says of them is another identity's already. Whether that is
 * them nobody knows: they are asked to sign in to it, and only then is the account linked.
 *
 * @param input.identifier What both have, as the provider gave it.
 * @see Contract iam 6.6, 1010016.
 */
export async function offerLink(
  deps: FlowDeps,
  submission: Submission,
  input: { readonly arrival: Arrival; readonly holder: IdentityId; readonly identifier: string },
): Promise<Outcome> {
  const { provider, account } = input.arrival;
  const login = await prepareLogin(deps, startAfter(submission));
  const context = {
    duplicateIdentifier: input.identifier,
    provider: provider.label,
    provider_id: provider.id,
  };
  const { content } = login;
  const messages = [...content.ui.messages, sayText(1010016, context)];
  const flow = await createFlow(deps, {
    ...login,
    // Theirs, so that nobody links the account by signing in to another identity.
    identityId: input.holder,
    content: {
      ...content,
      ui: { ...content.ui, messages },
      waiting: { provider: provider.id, account, signsIn: true },
    },
  });
  return goTo(submission.flow, flow);
}

/** A flow in the place of another one; native clients are shown it. */
export function goTo(flow: Flow, to: Flow): Outcome {
  return flow.type === 'api' ? refused(to) : { kind: 'elsewhere', flow, to, signedIn: null };
}

/** The start of a flow of another kind that goes on where this one ends. */
export function startAfter({ flow, body: _, isForm: __, ...visit }: Submission): FlowStart {
  const { requestUrl, returnTo } = flow.content;
  return { ...visit, type: flow.type, requestUrl, returnTo, wishes: {} };
}
