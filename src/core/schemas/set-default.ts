import { stampOf } from '../audit/stamp.ts';
import { NotFound } from '../errors.ts';
import type { ActingContext } from '../ports.ts';
import { getSchema, type PoolSchema } from './find-schemas.ts';
import type { SchemaNeeds } from './put-schema.ts';

/**
 * Identities that name no schema, those of the other surfaces among them, are of this one from now on; who is there stays
 * what they are. Setting what is set already is nothing.
 *
 * @throws NotFound
 */
export async function setDefaultSchema(
  deps: Omit<SchemaNeeds, 'schemas'>,
  context: ActingContext,
  id: string,
): Promise<PoolSchema> {
  const { poolId } = context.principal;
  const before = await getSchema(deps, poolId, id);
  if (before.isDefault) return before;
  const vault = await deps.vault.pool(poolId);
  await deps.traitSchemas.transaction(async (tx) => {
    await tx.raiseConfigVersion(poolId);
    if (!(await tx.listSchemaIds(poolId)).includes(id)) throw new NotFound();
    await tx.markDefault(poolId, id);
    await tx.record(stampOf(deps, context, poolId, vault), {
      ...{ action: 'pool.configured', subjectId: poolId },
      fields: ['default_schema'],
    });
  });
  return getSchema(deps, poolId, id);
}
