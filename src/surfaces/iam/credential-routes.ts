import Type from 'typebox';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { credentialHandlers } from './credentials.ts';
import { admin } from './routes.ts';
import * as wire from './wire.ts';

const Params = Type.Object({ id: Type.String(), type: Type.String() });
const Query = Type.Object({
  identifier: Type.Optional(Type.String({ description: '`provider:subject`, of an account elsewhere' })),
});

export function credentialRoutes(c: ReturnType<typeof credentialHandlers>): Route[] {
  return admin([
    defineRoute({
      ...{ method: 'DELETE', path: '/identities/:id/credentials/:type' },
      operation: 'deleteIdentityCredentials',
      summary: 'Delete a credential of an identity',
      guard: keyGuard('identities:write'),
      ...{ reads: 'none', params: Params, query: Query, status: 204, reply: wire.Nothing },
      errors: ['bad_request', 'not_found', 'conflict'],
      handler: c.deleteIdentityCredentials,
    }),
  ]);
}
