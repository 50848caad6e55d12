import Type from 'typebox';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { identityListHandlers } from './identity-lists.ts';
import { IDS_MAX, SIZE_MAX } from './read-list.ts';
import { admin } from './routes.ts';
import * as wire from './wire.ts';

const Size = Type.Integer({ maximum: SIZE_MAX });

const Query = Type.Object({
  ids: Type.Optional(Type.Array(Type.String({ format: 'uuid' }), { maxItems: IDS_MAX })),
  credentials_identifier: Type.Optional(Type.String()),
  preview_credentials_identifier_similar: Type.Optional(Type.String()),
  organization_id: Type.Optional(Type.String({ format: 'uuid' })),
  include_credential: wire.IncludeQuery.properties.include_credential,
  page_size: Type.Optional(Size),
  page_token: Type.Optional(Type.String()),
  page: Type.Optional(Type.Integer({ minimum: 0 })),
  per_page: Type.Optional(Size),
  /** Every read is of what was last written. */
  consistency: Type.Optional(Type.String()),
});

export function identityListRoutes(i: ReturnType<typeof identityListHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'GET', path: '/identities', operation: 'listIdentities', summary: 'List identities', guard: keyGuard('identities:read'), reads: 'none', query: Query, reply: Type.Array(wire.Identity), errors: ['bad_request'], handler: i.listIdentities }),
  ]);
}
