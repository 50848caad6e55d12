import type { Deps } from '../../deps.ts';
import type { Seen } from '../../identities/profile.ts';
import { type OpenedIdentity, openIdentity } from '../../identities/view.ts';
import { isVisible } from '../../identities/visibility.ts';
import { isActiveSession } from '../../sessions/active.ts';
import type { SessionId, StoredSession } from '../../sessions/ports.ts';
import { TokenRejected } from '../errors.ts';
import { type Noting, noteDevice } from '../note-device.ts';
import { type Caller, type Project, ProjectMoved } from '../project.ts';
import { type SessionBlock, sessionBlockOf } from '../session-block.ts';
import { localAccount } from '../user.ts';
import { readToken, type TokenClaims } from './json-web-token.ts';

/** Who holds a token of ours that still counts. */
export interface Bearer {
  readonly claims: TokenClaims;
  readonly session: StoredSession;
  readonly opened: OpenedIdentity;
}

export type BearerNeeds = Pick<Deps, 'clock' | 'signingKeys' | 'tokenSigner' | 'sessions'>;

/**
 * Whose an access token is: its signature first, then session and identity in one look into the database (R2).
 * @throws TokenRejected @throws TokenOver @throws ProjectMoved
 */
export async function openBearer(deps: BearerNeeds, project: Project, token: string): Promise<Bearer> {
  return openClaims(deps, project, await readToken(deps, project.poolId, token, { use: 'access' }));
}

/** @throws TokenRejected Its session has ended, or its identity is closed or blocked. @throws ProjectMoved */
export async function openClaims(deps: BearerNeeds, project: Project, claims: TokenClaims): Promise<Bearer> {
  const { poolId, vault, config } = project;
  const found = await deps.sessions.findSession(poolId, claims.sid as SessionId);
  if (found === null) throw new TokenRejected();
  const { session, owner } = found;
  if (owner.configVersion > config.version) throw new ProjectMoved();
  const isTheirs = owner.id === claims.sub && isVisible(owner);
  if (!isTheirs || !isActiveSession(session, owner, deps.clock.now())) throw new TokenRejected();
  return { claims, session, opened: openIdentity(vault, owner) };
}

/**
 * Signs for a device of somebody with a good token; the first time that is a login of this device.
 * @see Contract identify 3.10.
 */
export async function checkLocally(
  deps: BearerNeeds & Parameters<typeof noteDevice>[0] & Pick<Deps, 'macs' | 'externalIds'>,
  project: Project,
  input: { readonly token: string; readonly deviceId: string; readonly caller: Caller },
): Promise<{ readonly opened: OpenedIdentity; readonly block: SessionBlock }> {
  const { deviceId, caller } = input;
  const { opened } = await openBearer(deps, project, input.token);
  const noting = (seen: Seen | null): Noting =>
    seen?.devices?.find(({ id }) => id === deviceId)?.lastLogin === undefined ? 'login' : 'signature';
  const noted = await noteDevice(deps, project, { caller, first: opened.stored, deviceId, noting });
  const account = localAccount(project, noted.stored.id);
  return { opened: noted, block: await sessionBlockOf(deps, project, noted, { account, deviceId }) };
}
