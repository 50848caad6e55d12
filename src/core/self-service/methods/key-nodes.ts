import type { PublicKey } from '../../credentials/credentials.ts';
import { hexOf, type KeyType } from '../../webauthn/keys.ts';
import type { FlowType } from '../ports.ts';
import { inputNode, scriptNode } from '../ui/nodes.ts';
import { type MessageId, removeKeyText, sayText } from '../ui/texts.ts';
import type { InputNode, Trigger, UiNode } from '../ui/ui.ts';

/** Where the script is served that the buttons of keys call, below the pool's address. */
const SCRIPT_PATH = '/.well-known/ory/webauthn.js';

/**
 * The script, for browsers. Its digest is filled in as a flow is shown: flows outlive an update of the server.
 */
export function keyScriptNodes({ type, base }: { readonly type: FlowType; readonly base: string }): UiNode[] {
  if (type === 'api') return [];
  const src = `${base}${SCRIPT_PATH}`;
  return [scriptNode('webauthn', { id: 'webauthn_script', src, integrity: '', nonce: '' })];
}

/** What an authenticator is asked, or answered; hidden. */
export function hiddenNode(
  group: KeyType,
  input: { readonly name: string; readonly value?: object; readonly onload?: Trigger },
): InputNode {
  const { name, value, onload } = input;
  return inputNode(group, {
    ...{ name, type: 'hidden' },
    ...(value === undefined ? {} : { value: JSON.stringify(value) }),
    ...(onload === undefined ? {} : { onloadTrigger: onload }),
  });
}

/** A button that has a browser ask for a key. */
export function triggerNode(
  group: KeyType,
  input: {
    readonly name: string;
    readonly trigger: Trigger;
    readonly labelId: MessageId;
    readonly value?: object;
  },
): InputNode {
  const { name, trigger, labelId, value } = input;
  return inputNode(
    group,
    {
      ...{ name, type: 'button', onclickTrigger: trigger },
      value: value === undefined ? '' : JSON.stringify(value),
    },
    sayText(labelId),
  );
}

/** Takes one key away. @param isLast Nobody could sign in without it. */
export function removeNode(
  type: KeyType,
  key: PublicKey,
  { isLast }: { readonly isLast: boolean },
): InputNode {
  const label = { displayName: key.displayName, addedAt: new Date(key.addedAt) };
  return inputNode(
    type,
    { name: `${type}_remove`, type: 'submit', value: hexOf(key), disabled: isLast },
    removeKeyText(type === 'passkey' ? 1050020 : 1050018, label),
  );
}
