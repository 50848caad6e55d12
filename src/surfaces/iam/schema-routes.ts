import { mount } from '../../http/mount.ts';
import { defineRoute, keyGuard, openGuard, type Route } from '../../http/route.ts';
import { admin } from './routes.ts';
import type { schemaHandlers } from './schemas.ts';
import * as wire from './wire-schemas.ts';

const BASE = '/schemas';
const ONE = `${BASE}/:id`;
const open = {
  guard: openGuard('Forms are made from schemas before anybody is known; they hold no personal data.'),
  pool: 'named',
  reads: 'none',
} as const;
const writing = { guard: keyGuard('schemas:write'), params: wire.Params, reply: wire.KeptSchema } as const;

/** Routes of schemas (contract iam 4.3), and of their administration, which is ours. */
export function schemaRoutes(s: ReturnType<typeof schemaHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    ...mount([
      defineRoute({ method: 'GET', path: BASE, operation: 'listIdentitySchemas', summary: 'List the schemas of traits', ...open, query: wire.PageQuery, reply: wire.SchemaEntries, handler: s.listSchemas }),
      defineRoute({ method: 'GET', path: ONE, operation: 'getIdentitySchema', summary: 'Get a schema of traits', ...open, params: wire.Params, reply: wire.Schema, errors: ['not_found'], handler: s.getSchema }),
    ], ['', '/auth', '/iam']),
    // At `/iam` this address is the open list.
    ...mount([
      defineRoute({ method: 'GET', path: BASE, operation: 'listKeptSchemas', summary: 'List the schemas of traits with what is known of them', guard: keyGuard('schemas:write', 'identities:read'), reads: 'none', reply: wire.KeptSchemas, handler: s.listKeptSchemas }),
    ], ['/admin', '/iam/admin']),
    ...admin([
      defineRoute({ method: 'PUT', path: ONE, operation: 'putSchema', summary: 'Add or replace a schema of traits', ...writing, reads: 'json', body: wire.SchemaBody, errors: ['bad_request', 'conflict'], handler: s.putSchema }),
      defineRoute({ method: 'PUT', path: `${ONE}/default`, operation: 'setDefaultSchema', summary: 'Make a schema the default', ...writing, reads: 'none', errors: ['not_found'], handler: s.setDefaultSchema }),
      defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteSchema', summary: 'Remove a schema that nobody uses', ...writing, reads: 'none', status: 204, reply: wire.Nothing, errors: ['not_found', 'conflict'], handler: s.deleteSchema }),
    ]),
  ];
}
