import { isOpenStatus } from '../identities/view.ts';
import type { SessionConfig } from './config.ts';
import type { SessionOwner, StoredSession } from './ports.ts';

/**
 * Whether an identity may have sessions at all: it is neither closed nor blocked (R2). Nothing is written when it is
 * blocked, so its sessions stop at once, and go on when it is free again.
 */
export function mayHaveSessions({ status, standing }: Pick<SessionOwner, 'status' | 'standing'>): boolean {
  return isOpenStatus(status) && standing.blocked !== true;
}

/** The one rule that says whether a session lets anybody in. The filters of lists say the same in SQL. */
export function isActiveSession(
  { revokedAt, expiresAt }: Pick<StoredSession, 'revokedAt' | 'expiresAt'>,
  owner: Pick<SessionOwner, 'status' | 'standing'>,
  now: Date,
): boolean {
  return revokedAt === null && expiresAt > now && mayHaveSessions(owner);
}

/** Whether its person logged in so lately that they may change what logs in. @see Contract iam 6.4, "Privileged changes". */
export function isPrivileged(
  { authenticatedAt }: Pick<StoredSession, 'authenticatedAt'>,
  now: Date,
  { privilegedMs }: Pick<SessionConfig, 'privilegedMs'>,
): boolean {
  return now.getTime() - authenticatedAt.getTime() <= privilegedMs;
}
