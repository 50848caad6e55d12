import type { Credentials } from '../../credentials/credentials.ts';
import type { IamRecord } from '../../iam/record.ts';
import { offerOf } from '../begin-flow.ts';
import { FlowChanged } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { sayText, type UiText } from '../ui/texts.ts';
import { type FlowDeps, textOf } from '../visit.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { passwordTexts } from './registration-password.ts';
import type { OwnSubmission } from './settings-visitor.ts';

/**
 * Sets a password, or another one. All other sessions end: whoever knew the old one may be in one of them.
 *
 * @throws Busy @throws FlowChanged Another one was set at the same moment.
 * @see Contract iam 6.3, 6.4, "Password policy".
 */
export async function changePassword(
  deps: FlowDeps,
  submission: OwnSubmission,
  person: IamRecord,
): Promise<Outcome> {
  const password = textOf(submission, 'password');
  const before = hashOf(person.credentials);
  const texts = await textsOf(deps, submission, { person, password });
  if (texts.length > 0 || password === undefined)
    return refuse(
      deps,
      submission,
      (ui) => texts.reduce((told, text) => withNodeMessage(told, 'password', text), ui),
      { active: 'password' },
    );
  const hash = await deps.passwords.hash(password, person.config.iam.passwordAlgorithm);
  return changeOwn(deps, submission, {
    active: 'password',
    judge: ({ credentials }) => judge(deps, credentials, { before, hash }),
  });
}

async function textsOf(
  deps: FlowDeps,
  submission: OwnSubmission,
  { person, password }: { person: IamRecord; password: string | undefined },
): Promise<UiText[]> {
  const { offered } = await offerOf(deps, submission);
  const { config, derived, credentials } = person;
  const algorithm = config.iam.passwordAlgorithm;
  const identifiers = derived.identifiers.flatMap(({ type, value }) => (type === 'password' ? [value] : []));
  const texts = await passwordTexts(deps, offered, { password, identifiers, algorithm });
  const before = hashOf(credentials);
  if (texts.length > 0 || password === undefined || before === null) return texts;
  return (await deps.passwords.verify(password, before)) ? [sayText(4000039)] : [];
}

function hashOf({ password }: Credentials): string | null {
  return password?.hash ?? null;
}

/** Takes the place of the one that it was compared with, and of no other. */
function judge(
  { clock }: FlowDeps,
  credentials: Credentials,
  { before, hash }: { before: string | null; hash: string },
): OwnJudgement {
  if (hashOf(credentials) !== before) throw new FlowChanged();
  const updatedAt = clock.now().toISOString();
  const createdAt = credentials.password?.createdAt ?? updatedAt;
  return {
    ...{ is: 'good', endsOthers: true },
    credentials: { ...credentials, password: { hash, createdAt, updatedAt } },
  };
}
