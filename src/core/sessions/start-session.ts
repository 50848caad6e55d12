import type { Deps } from '../deps.ts';
import { InternalFault, WrongState } from '../errors.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { ActingContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { tryAgain } from '../records.ts';
import { mayHaveSessions } from './active.ts';
import type { SessionConfig } from './config.ts';
import { type AuthenticationMethod, sealContent } from './content.ts';
import { deviceOf, type LoginOrigin } from './device.ts';
import { markOf } from './mark.ts';
import { assuranceOf } from './methods.ts';
import type { SessionId, StoredSession } from './ports.ts';
import { digestOfToken, logoutTokenOf, makeToken } from './tokens.ts';
import { type SessionView, viewSession } from './view.ts';

/** The two tokens are shown this once: what is kept finds a session by them and cannot give them again. */
export interface StartedSession {
  readonly session: SessionView;
  readonly token: string;
  /** Ends the session, and can do nothing else. */
  readonly logoutToken: string;
}

/**
 * Logs an identity in, as a part of `together`: with whatever else the login writes (R6). A change of the identity comes
 * first in the transaction.
 *
 * @param input.identity As it was read in this transaction, or is after the change that it made.
 * @throws WrongState The identity is closed or blocked.
 * @see Contract iam 4.2, 6.5.
 */
export async function startSession(
  tx: Pick<RecordStores, 'sessions'>,
  deps: Pick<Deps, 'clock' | 'ids' | 'random' | 'secrets' | 'vault' | 'places'>,
  context: ActingContext,
  input: {
    readonly identity: Pick<OpenedIdentity, 'stored' | 'key'>;
    readonly methods: readonly AuthenticationMethod[];
    readonly origin: LoginOrigin;
    readonly config: Pick<SessionConfig, 'lifespanMs'>;
  },
): Promise<StartedSession> {
  const { methods, config } = input;
  const { stored: owner, key } = input.identity;
  const { wrappedKey, poolId } = owner;
  if (key === null || wrappedKey === null || !mayHaveSessions(owner)) {
    throw new WrongState('The identity cannot log in.');
  }
  const vault = deps.vault.held(poolId, owner.configVersion);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, owner.configVersion));
  const now = deps.clock.now();
  const id = deps.ids.next() as SessionId;
  const content = { methods, devices: [deviceOf(deps, input.origin)] };
  const session: StoredSession = {
    ...{ poolId, id, identityId: owner.id, aal: assuranceOf(methods) },
    ...{ issuedAt: now, authenticatedAt: now, revokedAt: null },
    expiresAt: new Date(now.getTime() + config.lifespanMs),
    box: sealContent(key, id, content),
  };
  const token = makeToken(deps.random, 'session');
  const logoutToken = logoutTokenOf(deps.secrets, token);
  const isWritten = await tx.sessions.insertSession({
    ...{ session, wrappedKey, ownerVersion: owner.version },
    tokenDigest: digest(deps, 'session', token),
    logoutDigest: digest(deps, 'logout', logoutToken),
    ...markOf(deps, context, vault, { poolId, what: 'start' }),
  });
  // The identity was changed, or has another data key, or none, by now.
  if (!isWritten) return tryAgain();
  return { session: viewSession(key, { session, owner }, now), token, logoutToken };
}

function digest({ secrets }: Pick<Deps, 'secrets'>, kind: 'session' | 'logout', token: string): Buffer {
  const made = digestOfToken(secrets, kind, token);
  if (made === null) throw new InternalFault('a token of ours is none');
  return made;
}
