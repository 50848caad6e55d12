import type { Credentials } from '../../credentials/credentials.ts';
import { toIamRecord } from '../../iam/record.ts';
import { noteLogin } from '../../identities/logins.ts';
import type { Profile } from '../../identities/profile.ts';
import { takeSnapshot } from '../../identities/record-interaction.ts';
import type { Changing, Revision } from '../../identities/revision.ts';
import type { RecordStores } from '../../record-stores.ts';
import { changeWithin } from '../../records.ts';
import { addMethod } from '../../sessions/add-method.ts';
import type { SessionConfig } from '../../sessions/config.ts';
import type { AuthenticationMethod } from '../../sessions/content.ts';
import { startSession } from '../../sessions/start-session.ts';
import { isAssuredFor } from '../assured.ts';
import { selfServiceOf } from '../config.ts';
import type { SignedInSession } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';

/** What somebody has shown. */
export type Method = Pick<AuthenticationMethod, 'method' | 'aal' | 'provider'>;

/** What a login changes beside what every login writes; `credentials` and `profile` as they are to be. */
export interface LoginChange {
  /** Names of what changes. */
  readonly fields?: readonly string[];
  readonly credentials?: Credentials;
  readonly profile?: Profile;
}

/**
 * Writes a login as a part of `together` (R6): the snapshot of the interaction on the record, with what else it changes
 * there, and the session with its device. A visitor keeps their session: its id and token stay, and it is as fresh as a
 * new one.
 *
 * @throws WrongState The identity is closed or blocked. @throws NotFound The visitor's session has ended.
 */
export async function beginSession(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  login: { readonly changing: Changing; readonly method: Method; readonly change?: LoginChange },
): Promise<SignedInSession> {
  const { poolId, context, visitor, origin } = submission;
  const { changing, change = {} } = login;
  const revision = loginRevision(deps, submission, changing, change);
  const changed = await changeWithin(tx, deps, context, changing, revision);
  const identity = toIamRecord(changed, changed);
  const method = { ...login.method, completedAt: deps.clock.now() };
  if (visitor !== null) {
    const { id } = visitor.session;
    const session = await addMethod(tx, deps, context, { poolId, id, method });
    return { session, identity, token: visitor.token };
  }
  const input = { identity: changed, methods: [method], origin, config: sessionConfig(deps, changed) };
  const { session, token } = await startSession(tx, deps, context, input);
  return { session, identity, token };
}

/**
 * A login is one more of the history. Somebody who was signed in already, and shows more, was only seen.
 * @returns Null where they were seen in the same second and nothing changes.
 */
export function loginRevision(
  deps: FlowDeps,
  { origin, visitor }: Submission,
  { seen, config }: Pick<Changing, 'seen' | 'config'>,
  { fields = [], credentials, profile }: LoginChange,
): Revision | null {
  const now = deps.clock.now();
  const { ipAddress: remoteIp, userAgent } = origin;
  const last = takeSnapshot(deps, { at: now, remoteIp, userAgent, ja4Fingerprint: null });
  const isLogin = visitor === null;
  const isNew = seen === null || seen.last.at < last.at;
  if (!isLogin && !isNew && fields.length === 0) return null;
  const value = isLogin
    ? noteLogin(seen, { last, device: null, limits: config.identify.limits })
    : { ...seen, first: seen?.first ?? last, last };
  return {
    // What only concerns the login itself is no change that anybody else waits for.
    action: profile === undefined ? 'identity.seen' : 'identity.updated',
    fields: [
      ...(seen === null ? ['first_seen'] : []),
      ...(isNew ? ['last_seen'] : []),
      ...(isLogin ? ['login_history'] : []),
      ...fields,
    ],
    ...(isLogin || isNew ? { seen: { value, lastSeenAt: now } } : {}),
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** How long sessions of a pool live. */
export function sessionConfig(
  deps: FlowDeps,
  { config }: Pick<Changing, 'config'>,
): Pick<SessionConfig, 'lifespanMs'> {
  return { lifespanMs: selfServiceOf(deps, config).sessions.seconds * 1000 };
}

/** Whether a session lets its person in only after a second factor. */
export function wantsSecondFactor(deps: FlowDeps, { session, identity }: SignedInSession): boolean {
  const { config } = identity;
  return !isAssuredFor({ session, identity }, { config, offered: selfServiceOf(deps, config) }, 'whoamiAal');
}
