import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { courierTemplateHandlers } from './courier-templates.ts';
import { admin } from './routes.ts';
import * as wire from './wire-courier-templates.ts';

const BASE = '/courier/templates';
const ONE = `${BASE}/:type/:language`;
const reading = { guard: keyGuard('courier:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('courier:write'), params: wire.Params } as const;

/** Routes of what messages say, which no contract has. */
export function courierTemplateRoutes(t: ReturnType<typeof courierTemplateHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'GET', path: BASE, operation: 'listCourierTemplates', summary: 'List what messages are made from, by type and language', ...reading, reply: wire.Templates, handler: t.listTemplates }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getCourierTemplate', summary: 'Get what the next message of a type says in a language', ...reading, params: wire.Params, reply: wire.Template, errors: ['bad_request', 'not_found'], handler: t.getTemplate }),
    defineRoute({ method: 'PUT', path: ONE, operation: 'putCourierTemplate', summary: 'Set what messages of a type say in a language', ...writing, reads: 'json', body: wire.TemplateBody, reply: wire.Template, errors: ['bad_request', 'not_found', 'conflict'], handler: t.putTemplate }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteCourierTemplate', summary: 'Go back to the built-in template', ...writing, reads: 'none', status: 204, reply: wire.Nothing, errors: ['bad_request', 'not_found'], handler: t.deleteTemplate }),
  ]);
}
