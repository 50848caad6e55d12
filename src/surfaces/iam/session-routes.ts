import type { Deps } from '../../core/deps.ts';
import { mount } from '../../http/mount.ts';
import { defineRoute, keyGuard, type Route, sessionGuard } from '../../http/route.ts';
import type { ownSessionHandlers } from './own-sessions.ts';
import { admin } from './routes.ts';
import { ownSessionVerifier } from './session-guard.ts';
import type { sessionHandlers } from './sessions.ts';
import * as wire from './wire-sessions.ts';

const BASE = '/sessions';
const ONE = `${BASE}/:id`;
const OF_IDENTITY = '/identities/:id/sessions';
const reading = { guard: keyGuard('logins:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('logins:write'), reads: 'none' } as const;
const ending = { status: 204, reply: wire.Nothing } as const;

/** Routes of sessions for administrators (contract iam 4.1, 4.2). */
export function sessionRoutes(s: ReturnType<typeof sessionHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'GET', path: BASE, operation: 'listSessions', summary: 'List sessions, the newest first', ...reading, query: wire.ListQuery, reply: wire.Sessions, errors: ['bad_request'], handler: s.listSessions }),
    defineRoute({ method: 'POST', path: BASE, operation: 'manageSessions', summary: 'End many sessions', ...writing, reads: 'json', body: wire.ManageBody, reply: wire.Managed, errors: ['bad_request'], handler: s.manageSessions }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getSession', summary: 'Get a session', ...reading, params: wire.Params, query: wire.ExpandQuery, reply: wire.Session, errors: ['bad_request', 'not_found'], handler: s.getSession }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'disableSession', summary: 'Revoke a session', ...writing, params: wire.Params, ...ending, errors: ['bad_request', 'not_found'], handler: s.disableSession }),
    defineRoute({ method: 'PATCH', path: `${ONE}/extend`, operation: 'extendSession', summary: 'Extend a session', ...writing, params: wire.Params, reply: wire.Session, errors: ['bad_request', 'not_found'], handler: s.extendSession }),
    defineRoute({ method: 'GET', path: OF_IDENTITY, operation: 'listIdentitySessions', summary: 'List the sessions of an identity', ...reading, params: wire.Params, query: wire.OfIdentityQuery, reply: wire.Sessions, errors: ['bad_request'], handler: s.listIdentitySessions }),
    defineRoute({ method: 'DELETE', path: OF_IDENTITY, operation: 'deleteIdentitySessions', summary: 'Delete the sessions of an identity', ...writing, params: wire.Params, ...ending, errors: ['bad_request', 'not_found'], handler: s.deleteIdentitySessions }),
  ]);
}

/** `whoami` answers whatever the method, so that it can stand behind a proxy which passes that on. */
const WHOAMI = [
  ['GET', 'toSession'],
  ['POST', 'toSessionByPost'],
  ['PUT', 'toSessionByPut'],
  ['PATCH', 'toSessionByPatch'],
  ['DELETE', 'toSessionByDelete'],
] as const;

/**
 * Routes of one's own sessions (contract iam 6.5). At `/iam` an address that the administrators have too is theirs
 * (contract iam 1.1); only what they have not is there.
 */
export function ownSessionRoutes(deps: Deps, o: ReturnType<typeof ownSessionHandlers>): Route[] {
  const own = { guard: sessionGuard(ownSessionVerifier(deps)), reads: 'none' } as const;
  // biome-ignore format: a table, a route a row.
  return [
    ...mount([
      ...WHOAMI.map(([method, operation]) =>
        defineRoute({ method, path: `${BASE}/whoami`, operation, summary: 'Tell whose session it is', ...own, query: wire.WhoamiQuery, reply: wire.Session, errors: ['bad_request', 'forbidden'], handler: o.whoami })),
      defineRoute({ method: 'DELETE', path: BASE, operation: 'disableMyOtherSessions', summary: 'Revoke one’s other sessions', ...own, reply: wire.Count, errors: ['forbidden'], handler: o.disableOtherSessions }),
    ], ['', '/auth', '/iam']),
    ...mount([
      defineRoute({ method: 'GET', path: BASE, operation: 'listMySessions', summary: 'List one’s other sessions', ...own, query: wire.PageQuery, reply: wire.Sessions, errors: ['forbidden'], handler: o.listOwnSessions }),
      defineRoute({ method: 'DELETE', path: ONE, operation: 'disableMySession', summary: 'Revoke another session of one’s own', ...own, params: wire.Params, ...ending, errors: ['bad_request', 'forbidden'], handler: o.disableOwnSession }),
    ], ['', '/auth']),
  ];
}
