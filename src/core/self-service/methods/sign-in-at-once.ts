import type { IamRecord, WholeRecord } from '../../iam/record.ts';
import { prepareChange } from '../../identities/prepare-change.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import { prepareSession } from '../../sessions/start-session.ts';
import { type LockoutPolicy, selfServiceOf } from '../config.ts';
import { type Attempt, clearingOf, lockedForWindow } from '../lockout.ts';
import type { SignedIn } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import {
  type LoginChange,
  loginRevision,
  type Method,
  sessionConfig,
  wantsSecondFactor,
} from './begin-session.ts';
import { lacksVerifiedAddress } from './require-verified-address.ts';
import { prepareUse } from './use-up.ts';

/** Whose failures a login forgets. */
export interface Guard {
  readonly policy: LockoutPolicy;
  readonly attempt: Attempt;
}

/**
 * What `signIn` writes in a transaction, as one statement on what was read before: nothing is written where any of it has
 * changed meanwhile.
 *
 * @returns Null where it takes the transaction: nothing was written.
 * @throws LockedOut Meanwhile, guesses at the same time have locked the identifier.
 */
export async function signInAtOnce(
  deps: FlowDeps,
  submission: Submission,
  login: {
    readonly person: WholeRecord;
    readonly method: Method;
    readonly active: string;
    readonly change: LoginChange;
    readonly guard: Guard | undefined;
  },
): Promise<SignedIn | null> {
  const { person, method, active, change, guard } = login;
  if (!isEveryday(deps, submission, person) || change.profile !== undefined) return null;
  const revision = loginRevision(deps, submission, person, change);
  if (revision === null) return null;
  const { context, origin, flow } = submission;
  const identityId = person.stored.id;
  const used = prepareUse(deps, flow, { active, identityId });
  const changed = prepareChange(deps, context, person, { revision });
  const { stored, key, seen } = changed.after;
  const { insert, started } = prepareSession(deps, context, person.vault, {
    ...{ identity: { stored, key }, origin, config: sessionConfig(deps, person) },
    methods: [{ ...method, completedAt: deps.clock.now() }],
  });
  const outcome = await deps.logins.writeLogin({
    ...{ flow: used.update, change: changed.change, session: insert },
    clearing: guard === undefined ? null : clearingOf(deps, guard.policy, guard.attempt),
  });
  if (outcome === 'locked' && guard !== undefined) throw lockedForWindow(guard.policy);
  if (outcome !== 'done') return null;
  const identity = { ...person, stored, seen, credentials: change.credentials ?? person.credentials };
  const signedIn = { session: started.session, identity, token: started.token };
  const needsSecondFactor = wantsSecondFactor(deps, signedIn);
  return { kind: 'signed_in', flow: used.after, signedIn, needsSecondFactor, continueWith: [] };
}

/** A session of its own begins, and nothing else is done with it. */
function isEveryday(deps: FlowDeps, submission: Submission, person: IamRecord): boolean {
  const { flow, visitor } = submission;
  const { hooks } = selfServiceOf(deps, person.config);
  const revokesOthers = flow.kind === 'login' && hooks.revokeOtherSessions.login;
  return (
    visitor === null &&
    flow.content.waiting === undefined &&
    !revokesOthers &&
    person.config.isOpen &&
    mayHaveSessions(person.stored) &&
    !lacksVerifiedAddress(deps, submission, person, person.profile)
  );
}
