import type { Deps } from '../../../core/deps.ts';
import { defineRoute, openGuard, type Route, sessionGuard } from '../../../http/route.ts';
import { sessionVerifier } from '../session-guard.ts';
import { publicly } from './flow-routes.ts';
import type { logoutHandlers } from './logout.ts';
import * as wire from './wire-flows.ts';

const BASE = '/self-service/logout';
const open = {
  guard: openGuard('Who signs out shows the token of the session that ends.'),
  pool: 'named',
} as const;

/** Routes of signing out (contract iam 6.1). */
export function logoutRoutes(deps: Deps, l: ReturnType<typeof logoutHandlers>): Route[] {
  const verifier = sessionVerifier(deps);
  const anybody = sessionGuard(verifier, { isOptional: true });
  // biome-ignore format: a table, a route a row.
  return publicly([
    defineRoute({ method: 'GET', path: `${BASE}/browser`, operation: 'createBrowserLogoutFlow', summary: 'Tell where a browser signs out', guard: sessionGuard(verifier), reads: 'none', query: wire.LogoutQuery, reply: wire.LogoutLinks, handler: l.createLogout }),
    defineRoute({ method: 'GET', path: BASE, operation: 'updateLogoutFlow', summary: 'Sign a browser out', guard: anybody, reads: 'none', query: wire.LogoutQuery, status: 204, reply: wire.Nothing, answers: ['redirect'], errors: ['bad_request', 'forbidden'], handler: l.logOut }),
    defineRoute({ method: 'DELETE', path: `${BASE}/api`, operation: 'performNativeLogout', summary: 'Sign a native client out', ...open, reads: 'json', body: wire.LogoutBody, status: 204, reply: wire.Nothing, errors: ['bad_request', 'forbidden'], handler: l.logOutNative }),
  ]);
}
