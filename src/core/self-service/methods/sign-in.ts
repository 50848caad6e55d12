import { type IamRecord, toIamRecord, type WholeRecord } from '../../iam/record.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { IdentityId } from '../../ports.ts';
import type { RecordStores } from '../../record-stores.ts';
import { openWithin, together } from '../../records.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import { revokeOtherSessions } from '../../sessions/end-sessions.ts';
import { selfServiceOf } from '../config.ts';
import { requireOwner } from '../get-flow.ts';
import { clearFailures } from '../lockout.ts';
import type { ContinueWith, SignedIn, SignedInSession } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { beginSession, type LoginChange, type Method, wantsSecondFactor } from './begin-session.ts';
import { demandVerifiedAddress, lacksVerifiedAddress } from './require-verified-address.ts';
import { type Guard, signInAtOnce } from './sign-in-at-once.ts';
import { useUp } from './use-up.ts';
import { withWaiting } from './waiting-account.ts';

/** What a proof is worth to the record as it is by now. */
export type Judgement<Refusal extends string> =
  | ({ readonly is: 'good' } & LoginChange)
  | { readonly is: Refusal };

/** `blocked`: they cannot have a session (R2). `gone`: there is nobody any more. */
export interface SignInRefused<Refusal extends string> {
  readonly kind: 'refused';
  readonly why: Refusal | 'blocked' | 'gone';
}

/**
 * Signs somebody in by what they have shown, in one transaction: the flow is used up, the record takes the login (R6)
 * and what the proof changes, and a session begins; or theirs, where they had one, notes what they showed.
 *
 * @param input.judge Asked on the record within the transaction, so that a proof that can be used once is used once.
 * @throws FlowFinished @throws FlowReplaced Another submit has used the flow up.
 * @throws FlowOfAnother The flow is somebody else's. @throws VerifiedAddressRequired @throws LockedOut
 */
export async function signIn<Refusal extends string>(
  deps: FlowDeps,
  submission: Submission,
  input: {
    readonly identityId: IdentityId;
    readonly method: Method;
    readonly judge: (record: IamRecord) => Judgement<Refusal>;
    /** How the flow names the method; default as the session does. */
    readonly active?: string;
    /** Whose failures are forgotten, unless there are too many of them by now. */
    readonly guard?: Guard;
    /** As read before. Where it still is as it was, an everyday login is written without a transaction. */
    readonly person?: WholeRecord;
    /** What else is done in the transaction; gives what a client may do next. */
    readonly also?: (tx: RecordStores, signedIn: SignedInSession) => Promise<ContinueWith[]>;
  },
): Promise<SignedIn | SignInRefused<Refusal>> {
  const { identityId, method, judge, guard, person, also, active = method.method } = input;
  requireOwner(submission.flow, identityId);
  const judgedNow = person === undefined ? null : judge(person);
  if (person !== undefined && also === undefined && judgedNow !== null && isGood(judgedNow)) {
    const login = { person, method, active, change: judgedNow, guard };
    const signedIn = await signInAtOnce(deps, submission, login);
    if (signedIn !== null) return signedIn;
  }
  if (guard !== undefined) await clearFailures(deps, guard.policy, guard.attempt);
  const ended = await together(deps, async (tx): Promise<Ended<Refusal>> => {
    const stored = await tx.identities.findIdentity(submission.poolId, identityId);
    if (stored === null || !isVisible(stored)) return { kind: 'refused', why: 'gone' };
    const changing = openWithin(deps, stored);
    const record = toIamRecord(changing, changing);
    const judgement = judge(record);
    if (!isGood(judgement)) return { kind: 'refused', why: judgement.is };
    if (!mayHaveSessions(stored)) return { kind: 'refused', why: 'blocked' };
    if (lacksVerifiedAddress(deps, submission, record, judgement.profile ?? record.profile))
      return { kind: 'unverified', record };
    // Nothing has been written so far; whoever loses the flow has bought nothing.
    const flow = await useUp(tx, deps, submission.flow, { active, identityId });
    const change = await withWaiting(tx, deps, { flow: submission.flow, record, change: judgement });
    const signedIn = await beginSession(tx, deps, submission, { changing, method, change });
    await revokeOthers(tx, deps, submission, signedIn);
    const needsSecondFactor = wantsSecondFactor(deps, signedIn);
    const continueWith = (await also?.(tx, signedIn)) ?? [];
    return { kind: 'signed_in', flow, signedIn, needsSecondFactor, continueWith };
  });
  return ended.kind === 'unverified' ? demandVerifiedAddress(deps, submission, ended.record) : ended;
}

type Ended<Refusal extends string> =
  | SignedIn
  | SignInRefused<Refusal>
  | { readonly kind: 'unverified'; readonly record: IamRecord };

async function revokeOthers(
  tx: RecordStores,
  deps: FlowDeps,
  { context, flow }: Submission,
  { session, identity }: SignedInSession,
): Promise<void> {
  if (flow.kind !== 'login' || !selfServiceOf(deps, identity.config).hooks.revokeOtherSessions.login) return;
  await revokeOtherSessions({ ...deps, sessions: tx.sessions }, context, session);
}

function isGood<Refusal extends string>(
  judgement: Judgement<Refusal>,
): judgement is { readonly is: 'good' } & LoginChange {
  return judgement.is === 'good';
}
