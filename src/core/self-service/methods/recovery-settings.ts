import type { IamRecord } from '../../iam/record.ts';
import type { SessionView } from '../../sessions/view.ts';
import { newFlowOf } from '../begin-flow.ts';
import { type SelfServiceConfig, selfServiceOf } from '../config.ts';
import type { NewFlow } from '../create-flow.ts';
import { fieldNodes } from '../ui/field-nodes.ts';
import { inputNode, submitNode } from '../ui/nodes.ts';
import { recoveredText, sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import { withValues } from '../ui/values.ts';
import type { FlowDeps, Submission } from '../visit.ts';

/**
 * The settings that somebody is led to who got back in: to choose another password as long as that asks for nothing more.
 *
 * @param input.session Theirs, which began just now.
 * @see Contract iam 6.1, nodes of settings; 6.6, 1060001.
 */
export function settingsAfterRecovery(
  deps: Pick<FlowDeps, 'clock' | 'selfService'>,
  { flow, ...visit }: Submission,
  { identity, session }: { readonly identity: IamRecord; readonly session: SessionView },
): NewFlow {
  const offered = selfServiceOf(deps, identity.config);
  const until = new Date(session.authenticatedAt.getTime() + offered.sessions.privilegedSeconds * 1000);
  const { requestUrl, returnTo } = flow.content;
  const start = { ...visit, type: flow.type, requestUrl, returnTo: null, wishes: {} };
  const settings = newFlowOf(start, offered, {
    kind: 'settings',
    nodes: [...profileNodes(offered, identity), ...passwordNodes(offered)],
    messages: [recoveredText({ until, now: deps.clock.now() })],
  });
  return {
    ...settings,
    ...{ identityId: identity.stored.id, sessionId: session.id },
    // Checked when the recovery was begun.
    content: { ...settings.content, returnTo },
  };
}

function profileNodes({ methods }: SelfServiceConfig, { config, stored, profile }: IamRecord): UiNode[] {
  const schema = config.schemas.get(stored.schemaId);
  if (!methods.profile.enabled || schema === undefined) return [];
  const fields = fieldNodes(schema.compiled().fields, 'profile');
  return [
    ...withValues(fields, { traits: profile.traits }),
    submitNode('profile', { value: 'profile', labelId: 1070003 }),
  ];
}

function passwordNodes({ methods }: SelfServiceConfig): UiNode[] {
  if (!methods.password.enabled) return [];
  const password = { name: 'password', type: 'password', required: true } as const;
  return [
    inputNode('password', { ...password, autocomplete: 'new-password' }, sayText(1070001)),
    submitNode('password', { value: 'password', labelId: 1070003 }),
  ];
}
