import type { IamRecord } from '../../iam/record.ts';
import type { SessionView } from '../../sessions/view.ts';
import { newFlowOf } from '../begin-flow.ts';
import { selfServiceOf } from '../config.ts';
import type { NewFlow } from '../create-flow.ts';
import { recoveredText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { settingsNodes } from './settings-nodes.ts';

/**
 * The settings that somebody is led to who got back in: to choose another password as long as that asks for nothing more.
 *
 * @param input.session Theirs, which began just now.
 * @see Contract iam 6.1, nodes of settings; 6.6, 1060001.
 */
export async function settingsAfterRecovery(
  deps: FlowDeps,
  { flow, ...visit }: Submission,
  { identity, session }: { readonly identity: IamRecord; readonly session: SessionView },
): Promise<NewFlow> {
  const offered = selfServiceOf(deps, identity.config);
  const until = new Date(session.authenticatedAt.getTime() + offered.sessions.privilegedSeconds * 1000);
  const { requestUrl, returnTo } = flow.content;
  const { type } = flow;
  const start = { ...visit, type, requestUrl, returnTo: null, wishes: {} };
  const { nodes, data } = await settingsNodes(deps, { visit, type, offered, person: identity, data: {} });
  const settings = newFlowOf(start, offered, {
    kind: 'settings',
    ...{ nodes, data },
    messages: [recoveredText({ until, now: deps.clock.now() })],
  });
  return {
    ...settings,
    ...{ identityId: identity.stored.id, sessionId: session.id },
    // Checked when the recovery was begun.
    content: { ...settings.content, returnTo },
  };
}
