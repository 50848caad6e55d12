import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, ReferenceTaken, WrongState } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import type { Principal, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import { togetherOnce } from '../together-once.ts';
import { changeDefinitions, type DefinitionNeeds, isTypeUsed, typeOf } from './change-definitions.ts';
import type { IdentityType, TypeDefinition } from './config.ts';
import { SETTABLE_STATUSES } from './update-identity.ts';

/** The whole configuration is read with every pool's, so definitions stay few. */
const TYPES_MAX = 50;
/** They follow from an operation each, so a type may not make them settable. */
const RESERVED_STATUSES: readonly string[] = ['merged', 'redacted'];

export interface NewType extends TypeDefinition {
  readonly name: string;
  readonly isDefault: boolean;
}

/** What is absent stays. */
export interface TypeChange extends Partial<TypeDefinition> {
  /** Given to be refused: a name is for good. */
  readonly name?: string;
  readonly isDefault?: boolean;
}

/** Newest first. */
export async function listTypes(
  { configs }: Pick<Deps, 'configs'>,
  { poolId }: Principal,
): Promise<IdentityType[]> {
  const { verification } = await configs.current(poolId);
  return verification.types.toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** @throws NotFound */
export async function getType(
  { configs }: Pick<Deps, 'configs'>,
  { poolId }: Principal,
  id: string,
): Promise<IdentityType> {
  return typeOf((await configs.current(poolId)).verification, id);
}

/**
 * Makes a type of identities; where it is the default, identities made from now on are of it.
 *
 * @throws ReferenceTaken Another type has the name. @throws InvalidInput @throws WrongState Too many.
 * @see Contract verification 5.3.
 */
export async function createType(
  deps: DefinitionNeeds,
  context: RequestContext,
  input: NewType,
  idempotency: Idempotency<IdentityType> | null,
): Promise<{ made: IdentityType } | { replay: string }> {
  const { name, isDefault, ...definition } = input;
  refuseStatuses(definition);
  const sealer = await deps.vault.pool(context.principal.poolId);
  return togetherOnce(deps, context, idempotency, async (tx) => {
    const made = await changeDefinitions(deps, tx, context, async ({ poolId, verification, at }) => {
      if (verification.types.length >= TYPES_MAX) {
        throw new WrongState(`There may be at most ${TYPES_MAX} identity types.`);
      }
      const id = deps.ids.next();
      if (!(await tx.types.insertType(poolId, { id, name, definition, isDefault }, at))) {
        throw new ReferenceTaken('Another identity type has this name.');
      }
      if (isDefault) await tx.types.clearDefault(poolId, id, at);
      const time = at.toISOString();
      const fields = ['name', ...Object.keys(definition).map(wordsOf), ...(isDefault ? ['is_default'] : [])];
      return {
        made: { ...definition, id, name, isDefault, createdAt: time, updatedAt: time, fields: [] },
        event: { action: 'identity_type.created', subjectId: id, fields },
      };
    });
    return { made, sealer };
  });
}

/**
 * Changes a type. Identities keep the statuses that they have.
 *
 * @throws NotFound @throws InvalidInput Another name, or a status that cannot be.
 */
export function updateType(
  deps: DefinitionNeeds,
  context: RequestContext,
  input: { id: string; change: TypeChange },
): Promise<IdentityType> {
  const { name, isDefault, ...changed } = input.change;
  return together(deps, (tx) =>
    changeDefinitions(deps, tx, context, async ({ poolId, verification, at }) => {
      const before = typeOf(verification, input.id);
      if (name !== undefined && name !== before.name) {
        throw new InvalidInput([{ path: ['name'], code: 'locked', message: 'cannot be changed' }]);
      }
      const after = { ...before, ...changed, isDefault: isDefault ?? before.isDefault };
      const { label, description, statuses, defaultStatus } = after;
      const definition: TypeDefinition = { label, description, statuses, defaultStatus };
      refuseStatuses(definition);
      const fields = (['label', 'description', 'statuses', 'defaultStatus', 'isDefault'] as const).filter(
        (field) => JSON.stringify(after[field]) !== JSON.stringify(before[field]),
      );
      if (fields.length === 0) return { made: before, event: null };
      await tx.types.updateType(poolId, { id: input.id, definition, isDefault: after.isDefault }, at);
      if (after.isDefault) await tx.types.clearDefault(poolId, input.id, at);
      return {
        made: { ...after, updatedAt: at.toISOString() },
        event: { action: 'identity_type.updated', subjectId: input.id, fields: fields.map(wordsOf) },
      };
    }),
  );
}

/** With its fields. @throws NotFound @throws WrongState An identity is of this type. */
export function deleteType(deps: DefinitionNeeds, context: RequestContext, id: string): Promise<void> {
  return together(deps, (tx) =>
    changeDefinitions(deps, tx, context, async ({ poolId, verification }) => {
      typeOf(verification, id);
      if (await isTypeUsed({ tx, poolId }, id)) {
        throw new WrongState('There are identities of this type.');
      }
      await tx.types.deleteType(poolId, id);
      return { made: undefined, event: { action: 'identity_type.deleted', subjectId: id, fields: [] } };
    }),
  );
}

/** @throws InvalidInput */
function refuseStatuses({ statuses, defaultStatus }: TypeDefinition): void {
  const problems: FieldProblem[] = [];
  const isReserved = (status: string) => RESERVED_STATUSES.includes(status);
  statuses.forEach((status, index) => {
    if (!isReserved(status)) return;
    problems.push({ path: ['statuses', index], code: 'invalid', message: 'must not be merged or redacted' });
  });
  const known = [...SETTABLE_STATUSES, ...statuses];
  if (defaultStatus !== null && (isReserved(defaultStatus) || !known.includes(defaultStatus))) {
    const message = 'must be a status that identities of this type may be given';
    problems.push({ path: ['default_status'], code: 'invalid', message });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
}

/** `defaultStatus` is `default_status`, as audit entries and events name fields. */
export function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
