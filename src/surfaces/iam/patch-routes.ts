import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { patchHandlers } from './patch.ts';
import { admin } from './routes.ts';
import * as wire from './wire.ts';
import { PatchBody } from './wire-patch.ts';

export function patchRoutes(p: ReturnType<typeof patchHandlers>): Route[] {
  return admin([
    defineRoute({
      ...{ method: 'PATCH', path: '/identities/:id', operation: 'patchIdentity' },
      summary: 'Change an identity by JSON Patch',
      guard: keyGuard('identities:write'),
      reads: 'json-any',
      params: wire.Params,
      body: PatchBody,
      reply: wire.Identity,
      errors: ['bad_request', 'not_found', 'conflict'],
      handler: p.patchIdentity,
    }),
  ]);
}
