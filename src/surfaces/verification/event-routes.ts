import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import { eventHandlers } from './events.ts';
import { exportHandler } from './export.ts';
import { Reference } from './wire.ts';
import * as wire from './wire-events.ts';

const BASE = '/api/v1/events';
const ONE_IDENTITY = '/api/v1/identities/:identity_id';
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const params = Type.Object({ identity_id: Reference });

const window = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, default: 0 })),
  before: Type.Optional(
    Type.String({ description: 'An event’s id: only older ones, however many there are.' }),
  ),
};
const AuditQuery = Type.Object(window);
const EventsQuery = Type.Object({
  ...window,
  resource_id: Type.Optional(Type.String({ description: 'Only what was done to this.' })),
  type: Type.Optional(Type.String({ description: 'Together with resource_id.' })),
});

/** Routes of audit events, and what is read of an identity for the record (contract verification 5.5, 3.5). */
export function eventRoutes(deps: Deps): Route[] {
  const e = eventHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: BASE, operation: 'listEvents', summary: 'List audit events, newest first', ...reading, query: EventsQuery, reply: wire.AuditEventPage, errors: ['validation_error'], handler: e.listEvents }),
    defineRoute({ method: 'GET', path: `${BASE}/:event_id`, operation: 'getEvent', summary: 'Fetch an audit event', ...reading, params: Type.Object({ event_id: Type.String() }), reply: wire.AuditEvent, errors: ['not_found'], handler: e.getEvent }),
    defineRoute({ method: 'GET', path: `${ONE_IDENTITY}/audit-log`, operation: 'getAuditLog', summary: 'What was done to an identity and its sessions, newest first', ...reading, params, query: AuditQuery, reply: wire.AuditEventPage, errors: ['not_found', 'validation_error'], handler: e.getAuditLog }),
    defineRoute({ method: 'GET', path: `${ONE_IDENTITY}/export`, operation: 'exportIdentity', summary: 'Everything that is held of an identity; leaves an audit event', ...reading, params, reply: wire.IdentityExport, errors: ['not_found'], handler: exportHandler(deps) }),
  ];
}
