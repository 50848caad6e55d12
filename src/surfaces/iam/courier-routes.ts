import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { courierHandlers } from './courier.ts';
import { admin } from './routes.ts';
import * as wire from './wire-courier.ts';

const BASE = '/courier/messages';
const reading = { guard: keyGuard('courier:read'), reads: 'none' } as const;

/** Routes of messages (contract iam 4.3). */
export function courierRoutes(c: ReturnType<typeof courierHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'GET', path: BASE, operation: 'listCourierMessages', summary: 'List messages, the newest first', ...reading, query: wire.ListQuery, reply: wire.Messages, errors: ['bad_request'], handler: c.listMessages }),
    defineRoute({ method: 'GET', path: `${BASE}/:id`, operation: 'getCourierMessage', summary: 'Get a message with its attempts', ...reading, params: wire.Params, reply: wire.Message, errors: ['bad_request', 'not_found'], handler: c.getMessage }),
  ]);
}
