import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';

/** A schema of a pool, as it was given. */
export interface PoolSchema {
  readonly id: string;
  readonly document: unknown;
  /** Identities that name no schema are of this one. */
  readonly isDefault: boolean;
  readonly createdAt: Date;
}

/** At most 64, by their ids. @throws NotFound No such pool. */
export async function listSchemas(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<readonly PoolSchema[]> {
  const config = await configs.current(poolId);
  const ids = [...config.schemas.keys()].sort();
  return ids.flatMap((id) => schemaIn(config, id) ?? []);
}

/** @param id As it is. @throws NotFound */
export async function getSchema(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
  id: string,
): Promise<PoolSchema> {
  const schema = schemaIn(await configs.current(poolId), id);
  if (schema === null) throw new NotFound();
  return schema;
}

/**
 * @param text The id as it is, or in base64url as in `schema_url`; with or without padding.
 * @throws NotFound
 * @see Contract iam 4.3.
 */
export async function findSchemaByAddress(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
  text: string,
): Promise<PoolSchema> {
  const config = await configs.current(poolId);
  const schema = schemaIn(config, text) ?? schemaIn(config, decoded(text));
  if (schema === null) throw new NotFound();
  return schema;
}

/** What `schema_url` names a schema by. */
export function encodedId(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}

function schemaIn({ schemas, defaultSchemaId }: PoolConfig, id: string): PoolSchema | null {
  const schema = schemas.get(id);
  if (schema === undefined) return null;
  const { document, createdAt } = schema;
  return { id, document, isDefault: id === defaultSchemaId, createdAt };
}
