import type { KeyType } from '../../webauthn/keys.ts';
import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseWith } from '../show-again.ts';
import { withNodeMessage, withViolations } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { keyRefusedText, readNewKey } from './new-key.ts';
import { draftPerson } from './new-person.ts';
import { register } from './register.ts';
import { traitsOf } from './registration-traits.ts';

/** Signs up by traits and a passkey. @see Contract iam 6.3, "registration passkey / webauthn". */
export function registerByPasskey(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  return registerByKey(deps, submission, 'passkey');
}

/** Signs up by traits and a security key, which is found by an identifier among the traits. */
export function registerByWebAuthn(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  return registerByKey(deps, submission, 'webauthn');
}

async function registerByKey(deps: FlowDeps, submission: Submission, type: KeyType): Promise<Outcome> {
  const { config, offered } = await offerOf(deps, submission);
  const traits = traitsOf(submission, config);
  const person = draftPerson(deps, config, { traits });
  if ('violations' in person)
    return refuse(deps, submission, (ui) => withViolations(ui, person.violations), { active: type });
  const isFound = type === 'passkey' || person.derived.identifiers.some((one) => one.type === type);
  if (!isFound) return refuseWith(deps, submission, [sayText(4000009)], type);
  const field = `${type}_register`;
  const text = textOf(submission, field);
  if (text === undefined) {
    const missing = sayText(4000002, { property: field });
    return refuse(deps, submission, (ui) => withNodeMessage(ui, field, missing), { active: type });
  }
  const made = await readNewKey(deps, submission, { type, text, offered });
  if (made === null) return refuseWith(deps, submission, [keyRefusedText()], type);
  const { key, userHandle } = made;
  return register(deps, submission, {
    ...{ traits, imports: { [type]: { keys: [key], userHandle } } },
    ...{ method: { method: type, aal: 'aal1' }, proved: [] },
  });
}
