import { countFirstFactors } from '../../credentials/first-factors.ts';
import type { IamRecord } from '../../iam/record.ts';
import { type KeyType, keysOf, userHandleOf } from '../../webauthn/keys.ts';
import { creationOptions, newUserHandle } from '../../webauthn/options.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { UiNode } from '../ui/ui.ts';
import type { FlowDeps } from '../visit.ts';
import { type Ceremony, ceremonyIn, newCeremony, partyOf } from './key-ceremony.ts';
import { hiddenNode, keyScriptNodes, removeNode, triggerNode } from './key-nodes.ts';
import { keyNameNodes, userNameOf } from './registration-key-nodes.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';

/** Passkeys: each may be removed, as long as there is another way in, and one more may be added. */
export function passkeyPart(deps: FlowDeps, drawing: SettingsDrawing): SettingsPart {
  if (!drawing.offered.methods.passkey.enabled) return { nodes: [] };
  const ceremony = ceremonyFor(deps, drawing, 'passkey');
  return {
    nodes: [
      ...removeNodes(drawing, 'passkey'),
      triggerNode('passkey', {
        ...{ name: 'passkey_register_trigger', labelId: 1050019 },
        trigger: 'oryPasskeySettingsRegistration',
      }),
      hiddenNode('passkey', { name: 'passkey_settings_register' }),
      hiddenNode('passkey', {
        ...{ name: 'passkey_create_data', value: optionsFor(drawing, 'passkey', ceremony) },
      }),
      ...keyScriptNodes({ type: drawing.type, base: drawing.visit.base }),
    ],
    data: { passkey: ceremony },
  };
}

/** Security keys; for browsers. */
export function webauthnPart(deps: FlowDeps, drawing: SettingsDrawing): SettingsPart {
  const { offered, type, visit } = drawing;
  const { passkey, webauthn } = offered.methods;
  if (!webauthn.enabled || type === 'api') return { nodes: [] };
  const ceremony = ceremonyFor(deps, drawing, 'webauthn');
  return {
    nodes: [
      ...removeNodes(drawing, 'webauthn'),
      ...keyNameNodes(),
      triggerNode('webauthn', {
        ...{ name: 'webauthn_register_trigger', trigger: 'oryWebAuthnRegistration', labelId: 1050012 },
        value: optionsFor(drawing, 'webauthn', ceremony),
      }),
      // One script does for both.
      ...(passkey.enabled ? [] : keyScriptNodes({ type, base: visit.base })),
    ],
    data: { webauthn: ceremony },
  };
}

/** Whether somebody could not sign in any more without one of the ways that they have. */
export function hasOneWayIn({ methods }: Pick<SelfServiceConfig, 'methods'>, person: IamRecord): boolean {
  const { enabled, passwordless } = methods.code;
  return countFirstFactors({ passwordlessCode: enabled && passwordless }, person) < 2;
}

function removeNodes({ person, offered }: SettingsDrawing, type: KeyType): UiNode[] {
  const isOnly = hasOneWayIn(offered, person);
  return (person.credentials[type]?.keys ?? []).map((key) =>
    removeNode(type, key, { isLast: isOnly && key.isPasswordless }),
  );
}

/** The one that was begun, unless the person has got a handle meanwhile: all their keys are under the same. */
function ceremonyFor(deps: FlowDeps, { data, person }: SettingsDrawing, type: KeyType): Ceremony {
  const kept = ceremonyIn(data, type);
  const held = userHandleOf(person.credentials);
  if (kept !== null && (held === null || held === kept.userHandle)) return kept;
  return newCeremony(deps, { userHandle: held ?? newUserHandle(deps.random) });
}

function optionsFor(
  { person, offered, visit }: SettingsDrawing,
  type: KeyType,
  { challenge, userHandle = '' }: Ceremony,
) {
  const isDiscoverable = type === 'passkey';
  const { passwordless } = offered.methods.webauthn;
  return creationOptions({
    ...{ challenge, userHandle, party: partyOf(offered, visit), isDiscoverable },
    ...{ userName: userNameOf(person.derived), keys: keysOf(person.credentials) },
    userVerification: isDiscoverable ? 'required' : passwordless ? 'preferred' : 'discouraged',
  });
}
