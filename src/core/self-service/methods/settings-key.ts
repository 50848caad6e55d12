import type { IamRecord } from '../../iam/record.ts';
import { addKey, hexOf, type KeyType, keysOf, removeKey, userHandleOf } from '../../webauthn/keys.ts';
import { offerOf } from '../begin-flow.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { Flow } from '../flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseMethod, refuseWith } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { sayText, type UiText } from '../ui/texts.ts';
import { type FlowDeps, textOf } from '../visit.ts';
import type { Method } from './begin-session.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { ceremonyOf } from './key-ceremony.ts';
import { keyRefusedText, type MadeKey, readNewKey } from './new-key.ts';
import { hasOneWayIn } from './settings-key-nodes.ts';
import type { OwnSubmission } from './settings-visitor.ts';

/** Adds a passkey, or removes one. @see Contract iam 6.3, 6.4, "WebAuthn / passkey". */
export function changePasskeys(deps: FlowDeps, submission: OwnSubmission): Promise<Outcome> {
  return changeKeys(deps, submission, { type: 'passkey', field: 'passkey_settings_register' });
}

/** Adds a security key, or removes one; for browsers. */
export async function changeWebAuthn(deps: FlowDeps, submission: OwnSubmission): Promise<Outcome> {
  if (submission.flow.type === 'api') return refuseMethod(deps, submission);
  return changeKeys(deps, submission, { type: 'webauthn', field: 'webauthn_register' });
}

/** A key that was made for this counts as shown: the session has it from now on. */
async function changeKeys(
  deps: FlowDeps,
  submission: OwnSubmission,
  { type, field }: { readonly type: KeyType; readonly field: string },
): Promise<Outcome> {
  const { offered } = await offerOf(deps, submission);
  const hex = textOf(submission, `${type}_remove`);
  if (hex !== undefined)
    return changeOwn(deps, submission, {
      active: type,
      judge: (record) => removed(deps, record, { type, hex, offered }),
    });
  const text = textOf(submission, field);
  if (text === undefined) {
    const missing = sayText(4000002, { property: field });
    return refuse(deps, submission, (ui) => withNodeMessage(ui, field, missing), { active: type });
  }
  const made = await readNewKey(deps, submission, { type, text, offered });
  if (made === null) return refuseWith(deps, submission, [keyRefusedText()], type);
  return changeOwn(deps, submission, {
    active: type,
    judge: (record, flow) => added(deps, record, { type, made, flow }),
  });
}

/** Only for the challenge that the flow still has, which is another one from then on. */
function added(
  { clock }: FlowDeps,
  { credentials }: IamRecord,
  { type, made, flow }: { readonly type: KeyType; readonly made: MadeKey; readonly flow: Flow },
): OwnJudgement {
  const { key, userHandle, challenge } = made;
  const isUsedUp = ceremonyOf(flow, type)?.challenge !== challenge;
  const isOthers = (userHandleOf(credentials) ?? userHandle) !== userHandle;
  const isThere = keysOf(credentials).some(({ id }) => id === key.id);
  if (isUsedUp || isOthers || isThere) return refusal(keyRefusedText());
  const { [type]: _, ...data } = flow.content.data;
  const at = clock.now().toISOString();
  const gains: Method = { method: type, aal: key.isPasswordless ? 'aal1' : 'aal2' };
  return { is: 'good', credentials: addKey(credentials, type, { key, userHandle, at }), gains, data };
}

function removed(
  { clock }: FlowDeps,
  record: IamRecord,
  input: { readonly type: KeyType; readonly hex: string; readonly offered: SelfServiceConfig },
): OwnJudgement {
  const { type, hex, offered } = input;
  const key = record.credentials[type]?.keys.find((one) => hexOf(one) === hex.toLowerCase());
  if (key === undefined)
    return refusal(sayText(4000001, { reason: 'There is no such key among yours any more.' }));
  if (key.isPasswordless && hasOneWayIn(offered, record))
    return refusal(sayText(4000001, { reason: 'This key is the only way that you can still sign in by.' }));
  const at = clock.now().toISOString();
  return { is: 'good', credentials: removeKey(record.credentials, type, { id: key.id, at }) };
}

function refusal(text: UiText): OwnJudgement {
  return { is: 'refused', tell: (ui) => withMessage(ui, text) };
}
