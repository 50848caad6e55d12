import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import { sessionHandlers } from './sessions.ts';
import { Reference } from './wire.ts';
import * as wire from './wire-sessions.ts';

const BASE = '/api/v1/sessions';
const ONE = `${BASE}/:session_id`;
const params = wire.SessionPath;
const reading = { guard: keyGuard('sessions:read'), reads: 'none' } as const;
const redacting = keyGuard('redact:write', 'sessions:write');

/** Routes of sessions and results (contract verification 5.1, 5.2, 3.5). */
export function sessionRoutes(deps: Deps): Route[] {
  const s = sessionHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: BASE, operation: 'createSession', summary: 'Create a verification session', guard: keyGuard('sessions:create'), reads: 'json-or-none', body: wire.SessionInput, status: 201, reply: wire.Session, errors: ['validation_error', 'idempotency_mismatch', 'quota_exceeded'], handler: s.createSession }),
    defineRoute({ method: 'GET', path: BASE, operation: 'listSessions', summary: 'List sessions', ...reading, query: wire.SessionListQuery, reply: wire.SessionList, errors: ['validation_error'], handler: s.listSessions }),
    defineRoute({ method: 'POST', path: `${BASE}/redact-data`, operation: 'redactSessions', summary: 'Erase the data of several sessions for good', guard: redacting, reads: 'json', body: wire.RedactInput, reply: wire.RedactedSessions, errors: ['validation_error'], handler: s.redactSessions }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getSession', summary: 'Fetch a session', ...reading, params, reply: wire.Session, errors: ['not_found'], handler: s.getSession }),
    defineRoute({ method: 'GET', path: `${ONE}/result`, operation: 'getSessionResult', summary: 'Fetch the result of a session', guard: keyGuard('verifications:read'), reads: 'none', params, reply: wire.Result, errors: ['not_found'], handler: s.getResult }),
    defineRoute({ method: 'POST', path: `${ONE}/simulate`, operation: 'simulateSession', summary: 'Decide a sandbox session', guard: keyGuard('sessions:write'), reads: 'json', params, body: wire.SimulateInput, reply: wire.Simulated, errors: ['not_found', 'validation_error'], handler: s.simulateSession }),
    defineRoute({ method: 'DELETE', path: `${ONE}/data`, operation: 'redactSession', summary: 'Erase the data of a session for good', guard: redacting, reads: 'none', params, reply: wire.RedactedSession, errors: ['not_found'], handler: s.redactSession }),
    defineRoute({ method: 'GET', path: '/api/v1/identities/:identity_id/sessions', operation: 'listIdentitySessions', summary: 'List the sessions of an identity', guard: keyGuard('identities:read'), reads: 'none', params: Type.Object({ identity_id: Reference }), query: wire.WindowQuery, reply: wire.IdentitySessions, errors: ['not_found', 'validation_error'], handler: s.listIdentitySessions }),
  ];
}
