import type { Deps } from '../deps.ts';
import { InternalFault, WrongState } from '../errors.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { ActingContext, PoolVault } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { tryAgain } from '../records.ts';
import { mayHaveSessions } from './active.ts';
import type { SessionConfig } from './config.ts';
import { type AuthenticationMethod, sealContent } from './content.ts';
import { deviceOf, type LoginOrigin } from './device.ts';
import { markOf } from './mark.ts';
import { assuranceOf } from './methods.ts';
import type { SessionId, SessionInsert, StoredSession } from './ports.ts';
import { digestOfToken, logoutTokenOf, makeToken } from './tokens.ts';
import { type SessionView, viewSession } from './view.ts';

/** The two tokens are shown this once: what is kept finds a session by them and cannot give them again. */
export interface StartedSession {
  readonly session: SessionView;
  readonly token: string;
  /** Ends the session, and can do nothing else. */
  readonly logoutToken: string;
}

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'secrets' | 'places'>;

export interface SessionStart {
  /** As it was read in the transaction, or is after the change that this makes. */
  readonly identity: Pick<OpenedIdentity, 'stored' | 'key'>;
  readonly methods: readonly AuthenticationMethod[];
  readonly origin: LoginOrigin;
  readonly config: Pick<SessionConfig, 'lifespanMs'>;
}

/**
 * Logs an identity in, as a part of `together`: with whatever else the login writes (R6). A change of the identity comes
 * first in the transaction.
 *
 * @throws WrongState The identity is closed or blocked.
 * @see Contract iam 4.2, 6.5.
 */
export async function startSession(
  tx: Pick<RecordStores, 'sessions'>,
  deps: Needs & Pick<Deps, 'vault'>,
  context: ActingContext,
  input: SessionStart,
): Promise<StartedSession> {
  const { poolId, configVersion } = input.identity.stored;
  const vault = deps.vault.held(poolId, configVersion);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, configVersion));
  const { insert, started } = prepareSession(deps, context, vault, input);
  // The identity was changed, or has another data key, or none, by now.
  return (await tx.sessions.insertSession(insert)) ? started : tryAgain();
}

/** As `startSession`; writes nothing. @throws WrongState */
export function prepareSession(
  deps: Needs,
  context: ActingContext,
  vault: PoolVault,
  input: SessionStart,
): { readonly insert: SessionInsert; readonly started: StartedSession } {
  const { methods, config } = input;
  const { stored: owner, key } = input.identity;
  const { wrappedKey, poolId } = owner;
  if (key === null || wrappedKey === null || !mayHaveSessions(owner)) {
    throw new WrongState('The identity cannot log in.');
  }
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
  const insert: SessionInsert = {
    ...{ session, wrappedKey, ownerVersion: owner.version },
    tokenDigest: digest(deps, 'session', token),
    logoutDigest: digest(deps, 'logout', logoutToken),
    ...markOf(deps, context, vault, { poolId, what: 'start' }),
  };
  return { insert, started: { session: viewSession(key, { session, owner }, now), token, logoutToken } };
}

function digest({ secrets }: Pick<Deps, 'secrets'>, kind: 'session' | 'logout', token: string): Buffer {
  const made = digestOfToken(secrets, kind, token);
  if (made === null) throw new InternalFault('a token of ours is none');
  return made;
}
