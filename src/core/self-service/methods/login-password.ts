import type { Credentials } from '../../credentials/credentials.ts';
import type { IamRecord } from '../../iam/record.ts';
import { checkPassword } from '../../passwords/check-password.ts';
import type { PoolConfig } from '../../pools/ports.ts';
import { offerOf } from '../begin-flow.ts';
import { recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseMethod, refuseWith } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { findAllowed } from './person.ts';
import { type Judgement, type SignInRefused, signIn } from './sign-in.ts';

const PASSWORD = { method: 'password', aal: 'aal1' } as const;
const TRIES_MAX = 3;

/**
 * Signs in by an identifier and a password. An unknown identifier, one without a password and a wrong password look the
 * same and take the same time (R10). A hash of another kind than the pool's own is made anew.
 *
 * @throws LockedOut @throws Busy
 * @see Contract iam 6.3, 6.4.
 */
export async function loginByPassword(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const text = textOf(submission, 'identifier');
  const password = textOf(submission, 'password');
  if (text === undefined || password === undefined)
    return refuseMissing(deps, submission, { identifier: text, password });
  deps.passwords.requireRoom((await offerOf(deps, submission)).config.iam.passwordAlgorithm);
  for (let tries = 1; ; tries += 1) {
    const typed = { identifier: text, type: 'password' } as const;
    const { attempt, person, offer } = await findAllowed(deps, submission, typed);
    const { config, offered } = offer;
    // As of the moment when somebody was looked for: what the flow was read with may be older.
    if (!offered.methods.password.enabled) return refuseMethod(deps, submission);
    const checked = await check(deps, config, { password, person });
    if (!checked.isRight || person === null) {
      await recordFailure(deps, offered.lockout, attempt);
      return refuseWith(deps, submission, [sayText(4000006)], 'password');
    }
    const judge = (record: IamRecord) => judgeHash(deps, record, { ...checked, before: hashOf(person) });
    const outcome = await signIn(deps, submission, {
      ...{ identityId: person.stored.id, person, method: PASSWORD, judge },
      guard: { policy: offered.lockout, attempt },
    });
    if (outcome.kind === 'signed_in') return outcome;
    // Its password was changed, or hashed anew, meanwhile: only what is stored by now counts.
    if (outcome.why === 'changed' && tries < TRIES_MAX) continue;
    return refuseSignIn(deps, submission, outcome, 'password');
  }
}

function check(
  deps: FlowDeps,
  { iam: { passwordAlgorithm: algorithm } }: PoolConfig,
  { password, person }: { password: string; person: IamRecord | null },
) {
  const encoded = person === null ? null : hashOf(person);
  return checkPassword({ hasher: deps.passwords }, { password, encoded, algorithm });
}

function hashOf({ credentials }: IamRecord): string | null {
  return credentials.password?.hash ?? null;
}

/** A new hash takes the place of the one that was checked, and of no other. */
function judgeHash(
  { clock }: FlowDeps,
  record: IamRecord,
  { before, newHash }: { before: string | null; newHash: string | null },
): Judgement<'changed'> {
  const { password } = record.credentials;
  if (password === undefined || hashOf(record) !== before) return { is: 'changed' };
  if (newHash === null) return { is: 'good' };
  const updatedAt = clock.now().toISOString();
  const credentials: Credentials = {
    ...record.credentials,
    password: { ...password, hash: newHash, updatedAt },
  };
  return { is: 'good', fields: ['credentials.password'], credentials };
}

/** Whoever is blocked is told so, since they have shown who they are; anything else is a wrong password. */
export function refuseSignIn(
  deps: FlowDeps,
  submission: Submission,
  { why }: SignInRefused<string>,
  active: string,
): Promise<Outcome> {
  return refuseWith(deps, submission, [sayText(why === 'blocked' ? 4010011 : 4000006)], active);
}

function refuseMissing(
  deps: FlowDeps,
  submission: Submission,
  sent: { readonly [name: string]: string | undefined },
): Promise<Outcome> {
  const missing = Object.keys(sent).filter((name) => sent[name] === undefined);
  return refuse(
    deps,
    submission,
    (ui) =>
      missing.reduce((told, name) => withNodeMessage(told, name, sayText(4000002, { property: name })), ui),
    { active: 'password' },
  );
}
