import { stampOf } from '../audit/stamp.ts';
import { NotFound, WrongState } from '../errors.ts';
import { DEFAULT_SCHEMA_ID } from '../pools/default-schema.ts';
import type { ActingContext } from '../ports.ts';
import type { SchemaNeeds } from './put-schema.ts';

/**
 * Removes a schema that nothing is of: neither identities, deleted ones included, nor those to come. The one called
 * `default` stays: every pool has it.
 *
 * @throws NotFound @throws WrongState It is in use.
 */
export async function removeSchema(
  deps: Omit<SchemaNeeds, 'schemas'>,
  context: ActingContext,
  id: string,
): Promise<void> {
  const { poolId } = context.principal;
  if (id === DEFAULT_SCHEMA_ID)
    throw new WrongState('Every pool has the schema `default`; it can be replaced, not removed.');
  const vault = await deps.vault.pool(poolId);
  await deps.traitSchemas.transaction(async (tx) => {
    // First: whoever makes an identity of it has either finished, or finds it gone.
    await tx.raiseConfigVersion(poolId);
    if (!(await tx.listSchemaIds(poolId)).includes(id)) throw new NotFound();
    if (await tx.isDefault(poolId, id))
      throw new WrongState('The default schema cannot be removed; make another one the default.');
    if (await tx.isSchemaUsed(poolId, id)) throw new WrongState('There are identities of this schema.');
    await tx.removeSchema(poolId, id);
    await tx.record(stampOf(deps, context, poolId, vault), {
      ...{ action: 'pool.configured', subjectId: poolId },
      fields: [`schemas.${id}`],
    });
  });
}
