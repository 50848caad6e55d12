import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { findSchemaByAddress, listSchemas, type PoolSchema } from '../../core/schemas/find-schemas.ts';
import { putSchema } from '../../core/schemas/put-schema.ts';
import { removeSchema } from '../../core/schemas/remove-schema.ts';
import { setDefaultSchema } from '../../core/schemas/set-default.ts';
import { parse } from '../../http/parse.ts';
import { type GuardedRequest, type PoolRequest, replyWith } from '../../http/route.ts';
import { baseOfNamed, offsetHeaders, readOffsetWindow } from './offset-pages.ts';
import * as wire from './wire-schemas.ts';

/** Handlers of the schemas of traits: what everybody may read (contract iam 4.3), and their administration. */
export function schemaHandlers(deps: Deps) {
  return {
    async listSchemas(request: PoolRequest) {
      const schemas = await listSchemas(deps, request.poolId);
      const window = readOffsetWindow(request);
      const shown = schemas.slice(window.offset, window.offset + window.limit);
      const headers = offsetHeaders(baseOfNamed(request), request, window, schemas.length);
      return replyWith(
        shown.map(({ id, document }) => ({ id, schema: document })),
        { headers },
      );
    },

    async getSchema({ poolId, params: { id = '' } }: PoolRequest) {
      return (await findSchemaByAddress(deps, poolId, id)).document;
    },

    async listKeptSchemas({ principal }: GuardedRequest) {
      return (await listSchemas(deps, principal.poolId)).map(showKept);
    },

    async putSchema({ context, params: { id = '' }, body }: GuardedRequest) {
      const { schema: document, replace: replaces = false } = parse(wire.SchemaBody, body);
      return showKept(await putSchema(deps, context, { id, document, replaces }));
    },

    async setDefaultSchema({ context, params: { id = '' } }: GuardedRequest) {
      return showKept(await setDefaultSchema(deps, context, id));
    },

    async deleteSchema({ context, params: { id = '' } }: GuardedRequest) {
      await removeSchema(deps, context, id);
      return {};
    },
  };
}

function showKept({ id, document, isDefault, createdAt }: PoolSchema): Static<typeof wire.KeptSchema> {
  return { id, schema: document, is_default: isDefault, created_at: createdAt.toISOString() };
}
