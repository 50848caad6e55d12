import type { IncomingHttpHeaders } from 'node:http';
import { CoreError } from '../core/errors.ts';
import type { PoolId } from '../core/ports.ts';
import { parseCookies } from './cookies.ts';
import type { SessionGuard } from './guards.ts';
import { BEARER } from './key-authentication.ts';
import type { VerifiedSession } from './ports.ts';
import type { TokenSource } from './requests.ts';

/** No session token, and one that does not count: both look alike. */
export class SessionRequired extends CoreError {
  constructor() {
    super('unauthenticated', 'session_required', 'No valid session credentials found in the request.');
  }
}

/**
 * The token of a request: `X-Session-Token`, else a session cookie of the surface, else `Authorization: Bearer`. The
 * first that is there is the only one that counts, good or not; an empty one is not there.
 *
 * @see Contract iam 6.5.
 */
export function sessionTokenOf(
  headers: IncomingHttpHeaders,
  cookieNames: readonly string[],
): { token: string; source: TokenSource } | null {
  const header = headers['x-session-token'];
  if (typeof header === 'string' && header !== '') return { token: header, source: 'header' };
  const cookies = parseCookies(cookieNames.length === 0 ? undefined : headers.cookie);
  const cookie = cookieNames.map((name) => cookies.get(name) ?? '').find((value) => value !== '');
  if (cookie !== undefined) return { token: cookie, source: 'cookie' };
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  return bearer === undefined ? null : { token: bearer, source: 'bearer' };
}

/**
 * Finds out whose session a request belongs to.
 *
 * @returns `session` null only where the guard's session is optional.
 * @throws SessionRequired @throws Unavailable
 */
export async function authenticateSession(
  { verifier, isOptional }: SessionGuard,
  request: { headers: IncomingHttpHeaders; poolId: PoolId; cookieNames: readonly string[] },
): Promise<{ session: VerifiedSession | null; tokenSource: TokenSource | null }> {
  const { poolId } = request;
  const sent = sessionTokenOf(request.headers, request.cookieNames);
  const found = sent === null ? null : await verifier.verify({ poolId, token: sent.token });
  // A verifier that forgot the pool must not let a session into another one.
  const session = found?.poolId === poolId ? found : null;
  if (session === null && !isOptional) throw new SessionRequired();
  return { session, tokenSource: sent?.source ?? null };
}
