import { InternalFault } from '../../errors.ts';
import { type IamRecord, openIamRecord } from '../../iam/record.ts';
import { offerOf } from '../begin-flow.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { type MessageId, sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import type { Method } from './begin-session.ts';
import { refuseSignIn } from './login-password.ts';
import { type Judgement, signIn } from './sign-in.ts';

/** What a second factor that is typed in is: where it stands in the form, and what is wrong with one that is refused. */
export interface TypedFactor<Refusal extends string> {
  readonly method: Method;
  /** The node's name. */
  readonly field: string;
  readonly texts: Readonly<Record<Refusal, MessageId>>;
  /** Asked twice: before failures are forgotten, and on the record that the login is written to. */
  judge(record: IamRecord, typed: string): Judgement<Refusal>;
}

/**
 * Raises a visitor's session by something that they type in. Whether it may be used is decided where it is used up, so
 * that of any number at once one counts. Failures are counted by identity: who guesses here has the first factor.
 *
 * @throws LockedOut
 */
export async function loginBySecondFactor<Refusal extends string>(
  deps: FlowDeps,
  submission: Submission,
  factor: TypedFactor<Refusal>,
): Promise<Outcome> {
  const { poolId, visitor, address, flow } = submission;
  const { method, field } = factor;
  if (visitor === null) throw new InternalFault('a second factor without a session');
  const say = (id: MessageId, context = {}) =>
    refuse(deps, submission, (ui) => withNodeMessage(ui, field, sayText(id, context)), {
      active: method.method,
    });
  const typed = textOf(submission, field);
  if (typed === undefined) return say(4000002, { property: field });
  const { offered } = await offerOf(deps, submission);
  const { id } = visitor.identity.stored;
  const attempt: Attempt = { poolId, vault: flow.vault, identifier: `${field}:${id}`, address };
  await checkAllowed(deps, offered.lockout, attempt);
  const judge = (record: IamRecord) => factor.judge(record, typed);
  const first = judge(await openIamRecord(deps, visitor.identity.stored));
  if (first.is !== 'good') {
    await recordFailure(deps, offered.lockout, attempt);
    return say(factor.texts[first.is]);
  }
  await clearFailures(deps, offered.lockout, attempt);
  const outcome = await signIn(deps, submission, { identityId: id, method, judge });
  if (outcome.kind === 'signed_in') return outcome;
  if (outcome.why === 'blocked' || outcome.why === 'gone')
    return refuseSignIn(deps, submission, { kind: 'refused', why: outcome.why }, method.method);
  return say(factor.texts[outcome.why]);
}
