import type { Credentials, PublicKey } from '../../credentials/credentials.ts';
import { requestOptions } from '../../webauthn/options.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { Aal } from '../ports.ts';
import { inputNode, submitNode } from '../ui/nodes.ts';
import { type MessageId, sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { FlowDeps, FlowStart } from '../visit.ts';
import { joinParts, type KeyPart, NO_KEYS, newCeremony, partyOf } from './key-ceremony.ts';
import { hiddenNode, keyScriptNodes, triggerNode } from './key-nodes.ts';

/** What keys of a sign-in are drawn from. */
interface Drawing {
  readonly start: Pick<FlowStart, 'type' | 'base'>;
  readonly offered: SelfServiceConfig;
}

/** For somebody unknown: any passkey, which says whose it is. */
export function strangerKeys(deps: Pick<FlowDeps, 'random'>, drawing: Drawing): KeyPart {
  const { offered, start } = drawing;
  const { passkey, webauthn } = offered.methods;
  const isBrowser = start.type === 'browser';
  const offersKeys = isBrowser && webauthn.enabled && webauthn.passwordless;
  const identifier = identifierNode({ findsPasskeys: isBrowser && passkey.enabled });
  return joinParts(passkey.enabled ? passkeyPart(deps, drawing, []) : NO_KEYS, {
    nodes: [
      ...((isBrowser && passkey.enabled) || offersKeys ? [identifier] : []),
      ...(offersKeys ? [submitNode('webauthn', { value: 'webauthn', labelId: 1010011 })] : []),
      ...(passkey.enabled ? keyScriptNodes(start) : []),
    ],
    data: {},
  });
}

/** For a visitor, who is known: only keys that are theirs. */
export function visitorKeys(
  deps: Pick<FlowDeps, 'random'>,
  drawing: Drawing,
  { credentials, requestedAal }: { readonly credentials: Credentials; readonly requestedAal: Aal },
): KeyPart {
  const { start, offered } = drawing;
  const { passkey, webauthn } = offered.methods;
  const keys = (credentials.webauthn?.keys ?? []).filter(
    ({ isPasswordless }) => isPasswordless === (requestedAal === 'aal1'),
  );
  const isFor = webauthn.enabled && (requestedAal === 'aal2' || webauthn.passwordless);
  const hasKeys = start.type === 'browser' && isFor && keys.length > 0;
  const passkeys = requestedAal === 'aal1' && passkey.enabled ? passkeysOf(credentials) : [];
  return joinParts(
    passkeys.length > 0 ? passkeyPart(deps, drawing, passkeys) : NO_KEYS,
    hasKeys ? webauthnPart(deps, drawing, { keys, labelId: 1010008 }) : NO_KEYS,
    { nodes: hasKeys || passkeys.length > 0 ? keyScriptNodes(start) : [], data: {} },
  );
}

/** Keys that sign in without a password, as passkeys do. */
export function passkeysOf({ passkey, webauthn }: Credentials): PublicKey[] {
  return [...(passkey?.keys ?? []), ...(webauthn?.keys ?? []).filter(({ isPasswordless }) => isPasswordless)];
}

/** Security keys of somebody who has been named. */
export function webauthnPart(
  deps: Pick<FlowDeps, 'random'>,
  { start, offered }: Drawing,
  { keys, labelId }: { readonly keys: readonly PublicKey[]; readonly labelId: MessageId },
): KeyPart {
  const ceremony = newCeremony(deps);
  const options = requestOptions({
    ...{ challenge: ceremony.challenge, party: partyOf(offered, start), keys },
    userVerification: offered.methods.webauthn.passwordless ? 'preferred' : 'discouraged',
  });
  return {
    nodes: [
      triggerNode('webauthn', {
        ...{ name: 'webauthn_login_trigger', trigger: 'oryWebAuthnLogin', labelId, value: options },
      }),
      hiddenNode('webauthn', { name: 'webauthn_login' }),
    ],
    data: { webauthn: ceremony },
  };
}

function passkeyPart(
  deps: Pick<FlowDeps, 'random'>,
  { start, offered }: Drawing,
  keys: readonly PublicKey[],
): KeyPart {
  const ceremony = newCeremony(deps);
  const options = requestOptions({
    ...{ challenge: ceremony.challenge, party: partyOf(offered, start), keys },
    userVerification: 'required',
  });
  // Whoever is known shows one of their own; anybody else may be offered theirs where they would type who they are.
  const onload = keys.length === 0 ? ({ onload: 'oryPasskeyLoginAutocompleteInit' } as const) : {};
  return {
    nodes: [
      hiddenNode('passkey', { name: 'passkey_challenge', value: options }),
      hiddenNode('passkey', { name: 'passkey_login', ...onload }),
      triggerNode('passkey', { name: 'passkey_login_trigger', trigger: 'oryPasskeyLogin', labelId: 1010021 }),
    ],
    data: { passkey: ceremony },
  };
}

function identifierNode({ findsPasskeys }: { readonly findsPasskeys: boolean }): UiNode {
  return inputNode(
    'default',
    {
      ...{ name: 'identifier', type: 'text', required: true, value: '' },
      ...(findsPasskeys ? ({ autocomplete: 'username webauthn' } as const) : {}),
    },
    sayText(1070004),
  );
}
