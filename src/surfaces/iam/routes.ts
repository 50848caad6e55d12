import { mount } from '../../http/mount.ts';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { identityHandlers } from './identities.ts';
import * as wire from './wire.ts';

/** Where the admin API answers (contract iam 1.1). */
export function admin(routes: readonly Route[]): Route[] {
  return mount(routes, ['/admin', '/iam', '/iam/admin']);
}

const BASE = '/identities';
const ONE = `${BASE}/:id`;
const reading = { guard: keyGuard('identities:read'), reads: 'none', reply: wire.Identity } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json', reply: wire.Identity } as const;

/** Routes of single identities (contract iam 4.1). */
export function identityRoutes(i: ReturnType<typeof identityHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'POST', path: BASE, operation: 'createIdentity', summary: 'Create an identity', ...writing, body: wire.CreateBody, status: 201, errors: ['bad_request', 'conflict', 'service_unavailable'], handler: i.createIdentity }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getIdentity', summary: 'Get an identity', ...reading, params: wire.Params, query: wire.IncludeQuery, errors: ['bad_request', 'not_found'], handler: i.getIdentity }),
    defineRoute({ method: 'GET', path: `${BASE}/by/external/:externalID`, operation: 'getIdentityByExternalID', summary: 'Get an identity by its external id', ...reading, params: wire.ExternalParams, query: wire.IncludeQuery, errors: ['bad_request', 'not_found'], handler: i.getIdentityByExternalId }),
    defineRoute({ method: 'PUT', path: ONE, operation: 'updateIdentity', summary: 'Update an identity', ...writing, params: wire.Params, body: wire.UpdateBody, errors: ['bad_request', 'not_found', 'conflict', 'service_unavailable'], handler: i.updateIdentity }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteIdentity', summary: 'Delete an identity', guard: keyGuard('identities:write'), reads: 'none', params: wire.Params, status: 204, reply: wire.Nothing, errors: ['not_found'], handler: i.deleteIdentity }),
  ]);
}
