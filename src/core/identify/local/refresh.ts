import { isUuid } from '../../../kit/ids.ts';
import type { Deps } from '../../deps.ts';
import { openSigningKey } from '../../jwt/signing-keys.ts';
import { revokeSession, revokeSessionsOf } from '../../sessions/end-sessions.ts';
import { markOf } from '../../sessions/mark.ts';
import type { SessionId } from '../../sessions/ports.ts';
import type { LocalSettings } from '../config.ts';
import { TokenRejected } from '../errors.ts';
import { noteDevice } from '../note-device.ts';
import type { Caller, Project } from '../project.ts';
import { sessionBlockOf } from '../session-block.ts';
import { localAccount, viewUser } from '../user.ts';
import { type BearerNeeds, openBearer, openClaims } from './bearer.ts';
import { readToken } from './json-web-token.ts';
import type { LoggedInUser } from './login.ts';
import { makeTokens, refreshDigest } from './tokens.ts';

/** So long the token before works once more for the device that had it replaced: its reply may have been lost. */
const GRACE_MS = 10_000;

type RefreshNeeds = BearerNeeds &
  Parameters<typeof noteDevice>[0] &
  Pick<Deps, 'families' | 'macs' | 'externalIds' | 'secrets'>;

/**
 * New tokens and a fresh signature for a refresh token, which works once. Whoever shows one that was used already may have
 * stolen it, or been stolen from: the login ends for both.
 *
 * @param input.access Whose refresh token it is: may be past its time, nothing else.
 * @param input.deviceId Null: the device that it was logged in on.
 * @throws TokenRejected @throws TokenOver The refresh token is past its time. @throws ProjectMoved
 * @see Contract identify 3.9, 4.2; RFC 9700 section 4.14.2.
 */
export async function refreshLocally(
  deps: RefreshNeeds,
  project: Project,
  settings: LocalSettings,
  input: {
    readonly access: string;
    readonly refresh: string;
    readonly deviceId: string | null;
    readonly caller: Caller;
  },
): Promise<LoggedInUser> {
  const { poolId, vault } = project;
  const { caller } = input;
  const access = await readToken(deps, poolId, input.access, { use: 'access', mayBeOver: true });
  const claims = await readToken(deps, poolId, input.refresh, { use: 'refresh' });
  if (access.sid !== claims.sid || !isUuid(claims.sid)) throw new TokenRejected();
  const { session, opened } = await openClaims(deps, project, claims);
  const deviceId = input.deviceId ?? claims.did;
  const noted = await noteDevice(deps, project, {
    ...{ caller, first: opened.stored, deviceId },
    noting: () => 'signature',
  });
  const account = localAccount(project, noted.stored.id);
  const user = await viewUser(deps, project, noted, account);
  const key = await openSigningKey(deps, poolId);
  const tokens = makeTokens(deps, key, settings, {
    ...user,
    poolId,
    sessionId: session.id,
    deviceId: claims.did,
  });
  key.privateKey.fill(0);
  const now = deps.clock.now();
  // Consumed last before the reply: what was done up to here gives nothing away.
  const isRotated = await deps.families.rotate(poolId, {
    sessionId: session.id,
    presented: refreshDigest(deps, input.refresh),
    next: refreshDigest(deps, tokens.refresh),
    device: input.deviceId === null ? null : vault.digest('identify:device', input.deviceId),
    at: now,
    graceSince: new Date(now.getTime() - GRACE_MS),
  });
  if (!isRotated) {
    await revokeSession(deps, caller.context, session.id);
    throw new TokenRejected();
  }
  await extend(deps, project, { id: session.id, settings, caller });
  return { block: await sessionBlockOf(deps, project, noted, { account, deviceId }), tokens };
}

/** The session goes on as long as the token that goes with it. */
async function extend(
  deps: RefreshNeeds,
  { poolId, vault }: Project,
  { id, settings, caller }: { id: SessionId; settings: LocalSettings; caller: Caller },
): Promise<void> {
  const expiresAt = new Date(deps.clock.now().getTime() + settings.refreshSeconds * 1000);
  const mark = markOf(deps, caller.context, vault, { poolId, what: 'extend' });
  await deps.sessions.extendSession(poolId, { id, expiresAt, ifExpiresBefore: expiresAt, ...mark });
}

/**
 * Ends all sessions of somebody, on every surface; devices and history stay.
 * @throws TokenRejected Also for a token that logged out before. @throws TokenOver @throws ProjectMoved
 * @see Contract identify 3.9.
 */
export async function logoutLocally(
  deps: BearerNeeds & Pick<Deps, 'ids' | 'vault'>,
  project: Project,
  { token, caller }: { readonly token: string; readonly caller: Caller },
): Promise<void> {
  const { opened } = await openBearer(deps, project, token);
  await revokeSessionsOf(deps, caller.context, opened.stored.id);
}
