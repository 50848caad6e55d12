import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { PoolId } from '../ports.ts';
import { isActiveSession } from './active.ts';
import type { OwnedSession, SessionId } from './ports.ts';
import { digestOfToken } from './tokens.ts';
import {
  type OwnSession,
  openOwn,
  openOwned,
  openWithIdentity,
  type SessionOfIdentity,
  type SessionView,
} from './view.ts';

type Needs = Pick<Deps, 'clock' | 'secrets' | 'sessions' | 'vault'>;

/**
 * Who is logged in by a session token: one round trip, and nothing is written.
 *
 * @returns Null for no token at all, an unknown one, another pool's, and one whose session is not active (R2): all look
 *   the same.
 * @see Contract iam 6.5, whoami.
 */
export async function findActiveSession(
  deps: Needs,
  poolId: PoolId,
  token: string,
): Promise<SessionOfIdentity | null> {
  const found = await findOwned(deps, poolId, token);
  if (found === null || !isActiveSession(found.session, found.owner, deps.clock.now())) return null;
  return openWithIdentity(deps, found);
}

/**
 * As `findActiveSession`, for requests that show people their own: opens no more than that takes.
 * @see Contract iam 6.5.
 */
export async function findOwnSession(deps: Needs, poolId: PoolId, token: string): Promise<OwnSession | null> {
  const found = await findOwned(deps, poolId, token);
  if (found === null || !isActiveSession(found.session, found.owner, deps.clock.now())) return null;
  return openOwn(deps, found);
}

/**
 * A session by its token, whatever its state: who holds the token may end it twice.
 *
 * @returns Null for an unknown token and another pool's.
 * @see Contract iam 6.1, logout/api.
 */
export async function findSessionByToken(
  deps: Needs,
  poolId: PoolId,
  token: string,
): Promise<SessionView | null> {
  const found = await findOwned(deps, poolId, token);
  return found === null ? null : openOwned(deps, found);
}

/** As `findSessionByToken`, by the token that can do nothing but end it. @see Contract iam 6.1, logout. */
export async function findSessionByLogoutToken(
  deps: Needs,
  poolId: PoolId,
  token: string,
): Promise<SessionView | null> {
  const digest = digestOfToken(deps.secrets, 'logout', token);
  const found = digest === null ? null : await deps.sessions.findByLogoutToken(poolId, digest);
  return found === null ? null : openOwned(deps, found);
}

/**
 * A session by its id, whatever its state.
 * @throws NotFound Missing, another pool's, or its identity was erased.
 * @see Contract iam 4.2.
 */
export async function getSession(
  deps: Omit<Needs, 'secrets'>,
  poolId: PoolId,
  id: SessionId,
): Promise<SessionView> {
  return openOwned(deps, await getOwned(deps, poolId, id));
}

/** As `getSession`, with `expand=identity`. @throws NotFound */
export async function getSessionOfIdentity(
  deps: Omit<Needs, 'secrets'>,
  poolId: PoolId,
  id: SessionId,
): Promise<SessionOfIdentity> {
  return openWithIdentity(deps, await getOwned(deps, poolId, id));
}

async function getOwned(
  { sessions }: Pick<Deps, 'sessions'>,
  poolId: PoolId,
  id: SessionId,
): Promise<OwnedSession<StoredIdentity>> {
  const found = await sessions.findSession(poolId, id);
  if (found === null) throw new NotFound();
  return found;
}

async function findOwned(
  { secrets, sessions }: Needs,
  poolId: PoolId,
  token: string,
): Promise<OwnedSession<StoredIdentity> | null> {
  const digest = digestOfToken(secrets, 'session', token);
  return digest === null ? null : sessions.findByToken(poolId, digest);
}
