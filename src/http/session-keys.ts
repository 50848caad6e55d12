import type { IncomingHttpHeaders } from 'node:http';
import { CredentialRejected } from '../core/errors.ts';
import type { PoolId } from '../core/ports.ts';
import { isSessionToken } from '../core/sessions/tokens.ts';
import { type AuthenticateDeps, BEARER, keyOf } from './key-authentication.ts';
import type { SessionVerifier, VerifiedKey } from './ports.ts';
import { SessionRequired } from './session-authentication.ts';

/**
 * The session token of a request to a route for keys: `X-Session-Token`, or `Authorization: Bearer` with a session
 * token in it. Never a cookie: browsers send those unasked, and these routes want no proof of intent.
 *
 * @returns Null: no session is meant, and what was sent instead is for `keyOf`. An empty header is not there.
 * @throws CredentialRejected A key beside it, or another session: whoever put a proxy in between would otherwise choose.
 * @see Contract iam 1.2; decision 0021.
 */
export function sessionTokenForKey(headers: IncomingHttpHeaders): string | null {
  const { authorization, 'x-session-token': header = '', 'x-api-key': apiKeyHeader, apikey } = headers;
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  const isBearer = bearer !== undefined && isSessionToken(bearer);
  if (!isBearer && header === '') return null;
  const token = header === '' ? (bearer ?? '') : String(header);
  const hasOther = (authorization ?? apiKeyHeader ?? apikey) !== undefined;
  if (hasOther && keyOf(headers) !== token) throw new CredentialRejected('a session beside something else');
  return token;
}

/**
 * Finds out who is calling by their session: session, then their key, then address, then rate limit, as `authenticate`
 * does it for keys.
 *
 * @param request.sessions Of the surface, which takes sessions there.
 * @throws SessionRequired The session is none that counts in the pool. @throws AssuranceTooLow
 * @throws NotPermitted @throws AddressNotAllowed As `KeyVerifier.verifyFor`.
 * @throws RateLimited @throws Unavailable
 */
export async function authenticateBySession(
  { verifier, limiter, clock }: AuthenticateDeps,
  request: {
    readonly sessions: SessionVerifier;
    readonly token: string;
    readonly poolId: PoolId;
    readonly address: string;
    readonly onKey: (key: VerifiedKey) => void;
  },
): Promise<VerifiedKey> {
  const { poolId, token, address, onKey } = request;
  const session = await request.sessions.verify({ poolId, token });
  // A verifier that forgot the pool must not let a session into another one.
  if (session?.poolId !== poolId) throw new SessionRequired();
  const { identityId } = session;
  const key = await verifier.verifyFor({ poolId, identityId }, { address, now: clock.now(), onKey });
  const waiting = limiter.spend(key);
  if (waiting !== undefined) await waiting;
  return key;
}
