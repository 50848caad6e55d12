import Type from 'typebox';
import type { GuardedRequest } from '../../http/route.ts';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { identityHandlers } from './identities.ts';
import * as wire from './wire.ts';

const BASE = '/api/v1/identities';
const ONE = `${BASE}/:identity_id`;
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json' } as const;
const acting = { guard: keyGuard('identities:write'), reads: 'none' } as const;
const params = Type.Object({ identity_id: wire.Reference });
const lookUp = ['not_found', 'validation_error'] as const;
const keyed = [...lookUp, 'idempotency_mismatch'] as const;

const ListQuery = Type.Object({
  status: Type.Optional(Type.String()),
  q: Type.Optional(Type.String({ description: 'A part of the external reference, in any case.' })),
  include_archived: Type.Optional(Type.Boolean({ default: false })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  'page[after]': Type.Optional(Type.String()),
  'page[before]': Type.Optional(Type.String()),
  'page[size]': Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
});

/** Routes of identities (contract verification 3.3 to 3.8). */
export function identityRoutes(i: ReturnType<typeof identityHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: BASE, operation: 'createIdentity', summary: 'Create an identity by its reference', ...writing, body: wire.CreateInput, status: 201, otherStatuses: [200], reply: wire.Stub, errors: ['conflict', 'validation_error', 'idempotency_mismatch'], handler: i.createIdentity }),
    defineRoute({ method: 'GET', path: BASE, operation: 'listIdentities', summary: 'List identities', ...reading, query: ListQuery, reply: wire.IdentityList, errors: ['validation_error'], handler: i.listIdentities }),
    defineRoute({ method: 'POST', path: `${BASE}/search`, operation: 'searchIdentities', summary: 'Search identities', guard: keyGuard('identities:read'), reads: 'json', body: wire.SearchInput, reply: wire.page(wire.Identity), errors: ['validation_error'], handler: i.searchIdentities }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getIdentity', summary: 'Fetch an identity', ...reading, params, reply: wire.Identity, errors: ['not_found'], handler: i.getIdentity }),
    defineRoute({ method: 'PATCH', path: ONE, operation: 'updateIdentity', summary: 'Update an identity', ...writing, params, body: wire.UpdateInput, reply: wire.Identity, errors: keyed, handler: i.updateIdentity }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'redactIdentity', summary: 'Erase the personal data of an identity for good', guard: keyGuard('redact:write', 'identities:write'), reads: 'none', params, reply: wire.Redacted, errors: keyed, handler: i.redactIdentity }),
    defineRoute({ method: 'POST', path: `${ONE}/archive`, operation: 'archiveIdentity', summary: 'Hide an identity from lists', ...acting, params, reply: wire.Archived, errors: keyed, handler: i.archiveIdentity }),
    defineRoute({ method: 'POST', path: `${ONE}/restore`, operation: 'restoreIdentity', summary: 'Show an archived identity again', ...acting, params, reply: wire.Identity, errors: keyed, handler: i.restoreIdentity }),
    defineRoute({ method: 'POST', path: `${ONE}/add-tag`, operation: 'addTag', summary: 'Add a tag', ...writing, params, body: wire.TagInput, reply: wire.Tags, errors: lookUp, handler: i.addTag }),
    defineRoute({ method: 'POST', path: `${ONE}/remove-tag`, operation: 'removeTag', summary: 'Remove a tag', ...writing, params, body: wire.TagInput, reply: wire.Tags, errors: lookUp, handler: i.removeTag }),
    defineRoute({ method: 'POST', path: `${ONE}/set-tags`, operation: 'setTags', summary: 'Replace all tags', ...writing, params, body: wire.TagsInput, reply: wire.Tags, errors: lookUp, handler: i.setTags }),
  ];
}

/** How the key stands (contract verification 1.7). */
export function rateLimitRoutes(
  rateLimits: (request: GuardedRequest) => Promise<Type.Static<typeof wire.RateLimits>>,
): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/rate-limits',
      operation: 'getRateLimits',
      summary: 'How many requests are left',
      guard: keyGuard(null),
      reads: 'none',
      reply: wire.RateLimits,
      handler: rateLimits,
    }),
  ];
}
