import Type from 'typebox';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import { GenericError } from './errors.ts';
import type { identityBatchHandlers } from './identity-batches.ts';
import { BatchBody } from './read-batch.ts';
import { admin } from './routes.ts';

/** A thousand identities of sixteen kilobytes each. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

const Uuid = Type.String({ format: 'uuid' });
const Outcome = Type.Object({
  action: Type.Union([Type.Literal('create'), Type.Literal('error')]),
  identity: Type.Optional(Uuid),
  patch_id: Type.Optional(Uuid),
  error: Type.Optional(GenericError),
});
const BatchReply = Type.Object({ identities: Type.Array(Type.Union([Outcome, Type.Null()])) });

export function identityBatchRoutes(i: ReturnType<typeof identityBatchHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'PATCH', path: '/identities', operation: 'batchPatchIdentities', summary: 'Create many identities', guard: keyGuard('identities:write'), reads: 'json', bodyBytesMax: BODY_BYTES_MAX, body: BatchBody, reply: BatchReply, errors: ['bad_request', 'conflict', 'service_unavailable'], handler: i.batchPatchIdentities }),
  ]);
}
