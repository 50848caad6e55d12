import { passwordBytesMax } from '../../passwords/bytes.ts';
import {
  listPasswordViolations,
  PASSWORD_CHARACTERS_MIN,
  type PasswordViolation,
} from '../../passwords/policy.ts';
import type { PasswordAlgorithm } from '../../passwords/ports.ts';
import { offerOf } from '../begin-flow.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withNodeMessage, withViolations } from '../ui/messages.ts';
import { sayText, type UiText } from '../ui/texts.ts';
import type { Ui } from '../ui/ui.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { draftPerson } from './new-person.ts';
import { register } from './register.ts';
import { traitsOf } from './registration-traits.ts';

const PASSWORD = { method: 'password', aal: 'aal1' } as const;

/**
 * Signs up by traits and a password, in one step or as the second of two. Everything that is wrong is told at once, where
 * it belongs. @throws Busy
 * @see Contract iam 6.3, 6.4.
 */
export async function registerByPassword(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { config, offered } = await offerOf(deps, submission);
  const algorithm = config.iam.passwordAlgorithm;
  const traits = traitsOf(submission, config);
  const password = textOf(submission, 'password');
  const person = draftPerson(deps, config, { traits });
  const identifiers =
    'violations' in person
      ? []
      : person.derived.identifiers.flatMap(({ type, value }) => (type === 'password' ? [value] : []));
  const told = [
    ...('violations' in person
      ? [(ui: Ui) => withViolations(ui, person.violations)]
      : identifiers.length === 0
        ? [(ui: Ui) => withNodeMessage(ui, '', sayText(4000009))]
        : []),
    ...(await passwordTexts(deps, offered, { password, identifiers, algorithm })).map(
      (text) => (ui: Ui) => withNodeMessage(ui, 'password', text),
    ),
  ];
  if (told.length > 0 || password === undefined)
    return refuse(deps, submission, (ui) => told.reduce((form, tell) => tell(form), ui), {
      active: 'password',
    });
  const hash = await deps.passwords.hash(password, algorithm);
  return register(deps, submission, {
    ...{ traits, imports: { password: { hash } }, method: PASSWORD, proved: [] },
  });
}

/** What is wrong with a new password (contract iam 6.4, "Password policy"). */
export async function passwordTexts(
  { breached }: Pick<FlowDeps, 'breached'>,
  { refusesBreachedPasswords }: Pick<SelfServiceConfig, 'refusesBreachedPasswords'>,
  input: {
    readonly password: string | undefined;
    readonly identifiers: readonly string[];
    readonly algorithm: PasswordAlgorithm;
  },
): Promise<UiText[]> {
  const { password, algorithm } = input;
  if (password === undefined) return [sayText(4000002, { property: 'password' })];
  const lists = refusesBreachedPasswords ? breached : NO_LISTS;
  const violations = await listPasswordViolations({ breached: lists }, { ...input, password });
  return violations.map((violation) => TEXTS[violation](password, algorithm));
}

const NO_LISTS: FlowDeps['breached'] = { has: async () => false };

const TEXTS: Readonly<Record<PasswordViolation, (password: string, algorithm: PasswordAlgorithm) => UiText>> =
  {
    too_short: (password) =>
      sayText(4000032, { min_length: PASSWORD_CHARACTERS_MIN, actual_length: [...password].length }),
    too_long: (password, algorithm) =>
      sayText(4000033, { max_length: passwordBytesMax(algorithm), actual_length: [...password].length }),
    malformed: () => sayText(4000005, { reason: 'it holds characters that there are not' }),
    similar_to_identifier: () => sayText(4000031),
    breached: () => sayText(4000034),
  };
