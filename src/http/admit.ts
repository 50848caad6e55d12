import type { IncomingHttpHeaders } from 'node:http';
import { InternalFault, NotFound } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Caller, Incoming } from './call-handler.ts';
import type { createClientAddress } from './client-address.ts';
import { authenticate, requireEnvironment, requireGrant } from './key-authentication.ts';
import type { FindPool, NamedPool, PoolName } from './named-pool.ts';
import type { KeyVerifier, RateLimiter, VerifiedKey } from './ports.ts';
import type { Negotiated } from './requests.ts';
import { hasNamedPool, isKeyRoute, isSessionRoute, type Route } from './route.ts';
import { authenticateSession } from './session-authentication.ts';
import { authenticateBySession, sessionTokenForKey } from './session-keys.ts';
import type { Surface } from './surface.ts';

export interface AdmitDeps {
  readonly verifier: KeyVerifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly clientAddress: ReturnType<typeof createClientAddress>;
  /** Undefined only where no route asks for a pool. */
  readonly findPool: FindPool | undefined;
}

/** What is found out about a caller, for the reply and the log line even when it is refused in the middle. */
export interface Known {
  key: VerifiedKey | undefined;
  negotiated: Negotiated | undefined;
  pool: NamedPool | undefined;
}

/** The guard of a route: who is calling, for which pool, and whether they may. Writes into `known` as it goes. */
export function createAdmission(
  deps: AdmitDeps,
  surface: Surface,
  route: Route,
): (incoming: Incoming, known: Known) => Promise<Caller> {
  const keyGuard = isKeyRoute(route) ? route.guard : null;
  const sessionGuard = isSessionRoute(route) ? route.guard : null;
  const needsPool = hasNamedPool(route);
  const { keySessions } = surface;

  return async ({ raw, appId }, known) => {
    const headers: IncomingHttpHeaders = raw.headers;
    const { address, fromTrustedProxy } = deps.clientAddress(
      raw.socket.remoteAddress,
      headers['x-forwarded-for'] as string | undefined,
    );
    if (keyGuard !== null) {
      const key = await authenticateCaller({ headers, address, appId }, known);
      if (surface.negotiate !== undefined) known.negotiated = surface.negotiate({ headers, key });
      requireGrant(keyGuard, key);
      requireEnvironment(keyGuard, key);
    }
    if (needsPool) known.pool = await findPool({ appId, host: headers.host });
    const session =
      sessionGuard === null || known.pool === undefined
        ? undefined
        : await authenticateSession(sessionGuard, {
            ...{ headers, poolId: known.pool.poolId, cookieNames: surface.sessionCookies ?? [] },
          });
    return { address, fromTrustedProxy, ...known, session };
  };

  /** By a key, or by a session where the surface takes them for keys. */
  async function authenticateCaller(
    { headers, address, appId }: { headers: IncomingHttpHeaders; address: string; appId: string | undefined },
    known: Known,
  ): Promise<VerifiedKey> {
    const onKey = (good: VerifiedKey) => {
      known.key = good;
    };
    const name = { appId, host: headers.host };
    const token = keySessions === undefined ? null : sessionTokenForKey(headers);
    if (keySessions !== undefined && token !== null) {
      known.pool = await findPool(name);
      const { poolId } = known.pool;
      return authenticateBySession(deps, { sessions: keySessions, token, poolId, address, onKey });
    }
    const key = await authenticate(deps, { headers, address, onKey });
    // A key tells its pool; a prefix may say the same, and no other.
    if (appId !== undefined && (await findPool(name)).poolId !== key.poolId) throw new NotFound();
    return key;
  }

  function findPool(name: PoolName): Promise<NamedPool> {
    if (deps.findPool === undefined) throw new InternalFault('a pool to name without a PoolNamer');
    return deps.findPool(name);
  }
}
