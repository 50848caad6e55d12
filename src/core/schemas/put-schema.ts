import { isSameJson } from '../../kit/same-json.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, ReferenceTaken, WrongState } from '../errors.ts';
import type { ActingContext } from '../ports.ts';
import { InvalidSchema } from '../traits/errors.ts';
import { encodedId, getSchema, type PoolSchema } from './find-schemas.ts';

/** All of them are read with every change of the pool's configuration. */
export const SCHEMAS_MAX = 64;
/** Fit for a path, a file's name and an audit entry. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export type SchemaNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'schemas' | 'traitSchemas'>;

export interface SchemaInput {
  /** 1 to 64 characters: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** As `SchemaCompiler.compile` takes it. */
  readonly document: unknown;
  /** Whether a schema of this id may be there already. */
  readonly replaces: boolean;
}

/**
 * Adds a schema of traits to a pool, or gives one another document. Schema, the pool's next configuration version, audit
 * entry and event are one transaction; a document that is there already is nothing. Identities keep what they have, what
 * they are found by included, until their next change.
 *
 * @throws InvalidSchema Every problem of the document. @throws InvalidInput The id is none.
 * @throws ReferenceTaken There is one of this id, and it was not to be replaced. @throws WrongState There are 64 already.
 * @throws NotFound No such pool.
 */
export async function putSchema(
  deps: SchemaNeeds,
  context: ActingContext,
  { id, document, replaces }: SchemaInput,
): Promise<PoolSchema> {
  const { poolId } = context.principal;
  if (!ID.test(id)) throw new InvalidInput([ID_PROBLEM]);
  requireUsable(deps, document);
  const { schemas } = await deps.configs.current(poolId);
  if (isSameJson(schemas.get(id)?.document, document)) return getSchema(deps, poolId, id);
  const vault = await deps.vault.pool(poolId);
  await deps.traitSchemas.transaction(async (tx) => {
    // First, so that what is checked here still holds when it is written.
    await tx.raiseConfigVersion(poolId);
    requirePlace(await tx.listSchemaIds(poolId), id, replaces);
    const stamp = stampOf(deps, context, poolId, vault);
    await tx.saveSchema(poolId, { id, document, createdAt: stamp.at });
    await tx.record(stamp, { action: 'pool.configured', subjectId: poolId, fields: [`schemas.${id}`] });
  });
  return getSchema(deps, poolId, id);
}

const ID_PROBLEM: FieldProblem = {
  path: ['id'],
  code: 'invalid',
  message: 'must be 1 to 64 letters, digits, dots, underscores and hyphens, and begin with a letter or digit',
};

function requireUsable({ schemas }: Pick<SchemaNeeds, 'schemas'>, document: unknown): void {
  schemas.compile(document);
  if (!hasKeepableText(document))
    throw new InvalidSchema([{ pointer: '', message: 'must be well-formed text without NUL' }]);
}

/** The database keeps neither. Of a document that was compiled, which bounds its depth. */
function hasKeepableText(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => hasKeepableText(name) && hasKeepableText(inner));
}

function requirePlace(ids: readonly string[], id: string, replaces: boolean): void {
  if (ids.includes(id)) {
    if (!replaces) throw new ReferenceTaken('There is a schema of this id.');
    return;
  }
  // Each is found by its id and by its id in base64url: one address, one schema.
  if (ids.some((other) => encodedId(other) === id || encodedId(id) === other))
    throw new ReferenceTaken('Another schema is found by this id.');
  if (ids.length >= SCHEMAS_MAX) throw new WrongState(`A pool has at most ${SCHEMAS_MAX} schemas.`);
}
