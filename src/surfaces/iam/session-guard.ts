import type { Deps } from '../../core/deps.ts';
import type { ActingContext, PoolId } from '../../core/ports.ts';
import { requireAssuranceInPool } from '../../core/self-service/assured.ts';
import { findActiveSession, findOwnSession } from '../../core/sessions/find-session.ts';
import type { OwnSession, SessionOfIdentity } from '../../core/sessions/view.ts';
import type { SessionVerifier, VerifiedSession } from '../../http/ports.ts';
import type { PoolContext } from '../../http/route.ts';

/** Cookies with session tokens: ours, which is the contract's own, and the name that Connhex has for it. */
export const SESSION_COOKIES = ['ory_kratos_session', 'chx_auth_cookie'] as const;

/** Whoever is logged in, with the session and the identity opened. */
export interface IamSession<Found extends OwnSession = SessionOfIdentity> extends VerifiedSession {
  readonly found: Found;
}

/** One round trip a request; whether its level is enough is for the routes to say. */
export function sessionVerifier(deps: Deps): SessionVerifier<IamSession> {
  return verifierOf((poolId, token) => findActiveSession(deps, poolId, token));
}

/** As `sessionVerifier`, for routes that change nothing of the identity: opens no more than is shown. */
export function ownSessionVerifier(deps: Deps): SessionVerifier<IamSession<OwnSession>> {
  return verifierOf((poolId, token) => findOwnSession(deps, poolId, token));
}

/**
 * For routes of administrators, where a session stands for the key of its person: one that whoami would tell about.
 * `verify` throws AssuranceTooLow for a good session of too few factors.
 */
export function adminSessionVerifier(deps: Deps): SessionVerifier {
  const own = ownSessionVerifier(deps);
  return {
    async verify(request) {
      const session = await own.verify(request);
      if (session !== null) await requireAssuranceInPool(deps, session.found, 'whoamiAal');
      return session;
    },
  };
}

function verifierOf<Found extends OwnSession>(
  find: (poolId: PoolId, token: string) => Promise<Found | null>,
): SessionVerifier<IamSession<Found>> {
  return {
    async verify({ poolId, token }) {
      const found = await find(poolId, token);
      if (found === null) return null;
      const { id: sessionId, identityId, aal, authenticatedAt } = found.session;
      // Of somebody who has shown nothing yet.
      if (aal === 'aal0') return null;
      return { sessionId, identityId, poolId, aal, authenticatedAt, found };
    },
  };
}

/** For what somebody does to their own record: no key has a part in it. */
export function actingFor({ poolId, requestId, origin }: PoolContext): ActingContext {
  return { principal: { poolId, keyId: null }, requestId, origin };
}
