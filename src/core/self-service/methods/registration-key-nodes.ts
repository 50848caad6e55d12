import type { Derived, TraitField } from '../../traits/ports.ts';
import { creationOptions, newUserHandle, type UserVerification } from '../../webauthn/options.ts';
import type { SelfServiceConfig } from '../config.ts';
import { inputNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { FlowDeps, FlowStart } from '../visit.ts';
import { type Ceremony, joinParts, type KeyPart, NO_KEYS, newCeremony, partyOf } from './key-ceremony.ts';
import { hiddenNode, keyScriptNodes, triggerNode } from './key-nodes.ts';

/** What keys of a sign-up are drawn from. */
interface Drawing {
  readonly start: Pick<FlowStart, 'type' | 'base'>;
  readonly offered: SelfServiceConfig;
  readonly fields: readonly TraitField[];
  /** What authenticators show somebody by; empty where that is still to be typed in. */
  readonly userName: string;
}

/** How somebody who signs up can do so by a key: a passkey, or a security key where those sign in by themselves. */
export function registrationKeys(deps: Pick<FlowDeps, 'random'>, drawing: Drawing): KeyPart {
  const { start, offered } = drawing;
  const { passkey, webauthn } = offered.methods;
  const offersKeys = start.type === 'browser' && webauthn.enabled && webauthn.passwordless;
  const script = passkey.enabled || offersKeys ? keyScriptNodes(start) : [];
  return joinParts(
    passkey.enabled ? passkeyPart(deps, drawing) : NO_KEYS,
    offersKeys ? webauthnPart(deps, drawing) : NO_KEYS,
    { nodes: script, data: {} },
  );
}

/** What authenticators show a person by: what the schema says; else the first thing that they sign in with. */
export function userNameOf({ passkeyDisplayName, identifiers }: Derived): string {
  return passkeyDisplayName ?? identifiers[0]?.value ?? '';
}

function passkeyPart(deps: Pick<FlowDeps, 'random'>, drawing: Drawing): KeyPart {
  const ceremony = newCeremony(deps, { userHandle: newUserHandle(deps.random) });
  const options = optionsFor(drawing, ceremony, { isDiscoverable: true, userVerification: 'required' });
  const displayNameFieldName = nameFieldOf(drawing.fields);
  return {
    nodes: [
      hiddenNode('passkey', {
        name: 'passkey_create_data',
        value: {
          credentialOptions: options,
          ...(displayNameFieldName === null ? {} : { displayNameFieldName }),
        },
      }),
      hiddenNode('passkey', { name: 'passkey_register' }),
      triggerNode('passkey', {
        ...{ name: 'passkey_register_trigger', trigger: 'oryPasskeyRegistration', labelId: 1040007 },
      }),
    ],
    data: { passkey: ceremony },
  };
}

function webauthnPart(deps: Pick<FlowDeps, 'random'>, drawing: Drawing): KeyPart {
  const ceremony = newCeremony(deps, { userHandle: newUserHandle(deps.random) });
  const options = optionsFor(drawing, ceremony, { isDiscoverable: false, userVerification: 'preferred' });
  return {
    nodes: [
      ...keyNameNodes(),
      triggerNode('webauthn', {
        ...{ name: 'webauthn_register_trigger', trigger: 'oryWebAuthnRegistration' },
        ...{ labelId: 1040004, value: options },
      }),
    ],
    data: { webauthn: ceremony },
  };
}

/** What a security key is to be called, and what it answers. */
export function keyNameNodes(): UiNode[] {
  const name = { name: 'webauthn_register_displayname', type: 'text', value: '' } as const;
  return [
    inputNode('webauthn', name, sayText(1050013)),
    hiddenNode('webauthn', { name: 'webauthn_register' }),
  ];
}

function optionsFor(
  { start, offered, userName }: Drawing,
  { challenge, userHandle = '' }: Ceremony,
  kind: { readonly isDiscoverable: boolean; readonly userVerification: UserVerification },
) {
  return creationOptions({
    challenge,
    party: partyOf(offered, start),
    userHandle,
    userName,
    keys: [],
    ...kind,
  });
}

/** The field that a script takes the name from: the schema's choice; else what looks most like one. */
function nameFieldOf(fields: readonly TraitField[]): string | null {
  const field =
    fields.find(({ namesPasskeys }) => namesPasskeys) ??
    fields.find(({ type }) => type === 'email') ??
    fields.find(({ type }) => type === 'text');
  return field?.name ?? null;
}
