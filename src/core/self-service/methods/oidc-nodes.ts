import type { Credentials } from '../../credentials/credentials.ts';
import { countFirstFactors } from '../../credentials/first-factors.ts';
import type { OidcProviderConfig } from '../../oidc/config.ts';
import { inputNode } from '../ui/nodes.ts';
import { type MessageId, sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import { offeredProviders, ownAccountAt } from './oidc-providers.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';

type Shown = Pick<OidcProviderConfig, 'id' | 'label'>;

/** To sign in with. */
export function loginProviderNodes(providers: readonly Shown[]): UiNode[] {
  return providers.map((one) => buttonOf('provider', one, 1010002));
}

/** What a visitor, who is known, can show again: only what they have. */
export function refreshProviderNodes(providers: readonly Shown[], { oidc }: Credentials): UiNode[] {
  const theirs = providers.filter(({ id }) => ownAccountAt(oidc, id) !== null);
  return theirs.map((one) => buttonOf('provider', one, 1010018));
}

/** To sign up with. */
export function registrationProviderNodes(providers: readonly Shown[]): UiNode[] {
  return providers.map((one) => buttonOf('provider', one, 1040002));
}

/** In the place of all providers, once somebody was at this one. */
export function continueNode({ id }: Shown): UiNode {
  return inputNode('oidc', { name: 'provider', type: 'submit', value: id }, sayText(1040003));
}

/** Accounts to link, and those that may go: the last way to sign in stays. */
export function accountsPart(_deps: unknown, { offered, person }: SettingsDrawing): SettingsPart {
  const { config, credentials } = person;
  const providers = offeredProviders({ config, offered });
  const mayUnlink = countFirstFactors(config.iam, person) > 1;
  const isLinked = ({ id }: Shown) => ownAccountAt(credentials.oidc, id) !== null;
  return {
    nodes: [
      ...providers.filter((one) => !isLinked(one)).map((one) => buttonOf('link', one, 1050002)),
      ...(mayUnlink ? providers.filter(isLinked).map((one) => buttonOf('unlink', one, 1050003)) : []),
    ],
  };
}

function buttonOf(name: 'provider' | 'link' | 'unlink', { id, label }: Shown, labelId: MessageId): UiNode {
  const text = sayText(labelId, { provider: label, provider_id: id });
  return inputNode('oidc', { name, type: 'submit', value: id }, text);
}
