import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { identityHandlers } from './identities.ts';
import * as wire from './wire.ts';

const BASE = '/identities';
const ONE = `${BASE}/:id`;
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json', reply: wire.OneIdentity } as const;
const owned = ['identity_owner_not_found', 'identity_owner_must_be_of_type_person'] as const;
const written = ['validation_failed', 'email_already_in_use', 'unsupported_media_type', ...owned] as const;
const lookUp = ['validation_failed', 'identity_not_found'] as const;

/** Routes of identities (contract kyc 3.1 to 3.5). */
export function identityRoutes(i: ReturnType<typeof identityHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: BASE, operation: 'createIdentity', summary: 'Create a person or company', ...writing, body: wire.CreateInput, errors: written, handler: i.createIdentity }),
    defineRoute({ method: 'GET', path: BASE, operation: 'listIdentities', summary: 'List identities', ...reading, query: wire.ListQuery, reply: wire.IdentityList, errors: ['validation_failed'], handler: i.listIdentities }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getIdentity', summary: 'Fetch an identity', ...reading, params: wire.Params, reply: wire.OneIdentity, errors: lookUp, handler: i.getIdentity }),
    defineRoute({ method: 'PATCH', path: ONE, operation: 'updateIdentity', summary: 'Update an identity', ...writing, params: wire.Params, body: wire.UpdateInput, errors: [...written, 'identity_not_found', 'identity_already_confirmed', 'conflict'], handler: i.updateIdentity }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteIdentity', summary: 'Delete an identity', guard: keyGuard('identities:write'), reads: 'none', params: wire.Params, status: 204, reply: wire.Nothing, errors: [...lookUp, 'conflict'], handler: i.deleteIdentity }),
  ];
}
