import type { Flow, FlowContent } from '../flow.ts';
import { csrfNode } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import type { UiText } from '../ui/texts.ts';
import type { FlowDeps } from '../visit.ts';
import { accountsPart } from './oidc-nodes.ts';
import { passkeyPart, webauthnPart } from './settings-key-nodes.ts';
import { lookupPart } from './settings-lookup-nodes.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';
import { passwordPart } from './settings-password-nodes.ts';
import { profilePart } from './settings-profile-nodes.ts';
import { totpPart } from './settings-totp-nodes.ts';

type Draw = (deps: FlowDeps, drawing: SettingsDrawing) => SettingsPart | Promise<SettingsPart>;

const PARTS: readonly Draw[] = [
  ...[profilePart, passwordPart, totpPart, lookupPart, webauthnPart, passkeyPart, accountsPart],
];

/**
 * The form of settings: what this person can change, as it is by now; without what every flow has. Of what methods kept,
 * what is of no use any more is left out.
 *
 * @see Contract iam 6.1, nodes of settings.
 */
export async function settingsNodes(
  deps: FlowDeps,
  drawing: SettingsDrawing,
): Promise<Required<SettingsPart>> {
  const parts: SettingsPart[] = [];
  for (const draw of PARTS) parts.push(await draw(deps, drawing));
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    data: Object.assign({}, ...parts.map(({ data }) => data)),
  };
}

/** A form of settings drawn anew, in the place of what it showed. */
export async function settingsAgain(
  deps: FlowDeps,
  { content }: Pick<Flow, 'content'>,
  drawing: SettingsDrawing,
  ...messages: readonly UiText[]
): Promise<Pick<FlowContent, 'ui' | 'data'>> {
  const { nodes, data } = await settingsNodes(deps, drawing);
  return { ui: { ...content.ui, nodes: inOrder('settings', [csrfNode(), ...nodes]), messages }, data };
}
