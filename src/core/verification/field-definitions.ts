import { compileLinearRegex } from '../../kit/linear-regex.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, ReferenceTaken, WrongState } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import type { Principal, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import { togetherOnce } from '../together-once.ts';
import {
  changeDefinitions,
  type DefinitionNeeds,
  fieldOf,
  isFieldUsed,
  typeOf,
} from './change-definitions.ts';
import type { CustomField, FieldDefinition } from './config.ts';
import { getType, wordsOf } from './identity-types.ts';

const FIELDS_MAX = 100;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export interface NewField extends FieldDefinition {
  readonly name: string;
}

/** What is absent stays. Name, type and encryption are given to be refused where they differ. */
export interface FieldChange extends Partial<FieldDefinition> {
  readonly name?: string;
}

const LOCKED = ['name', 'fieldType', 'isEncrypted'] as const;
const CHANGEABLE = ['label', 'isRequired', 'isUnique', 'enumValues', 'validationRegex', 'sortOrder'] as const;

/** In their own order. @throws NotFound */
export async function listFields(
  deps: Pick<Deps, 'configs'>,
  principal: Principal,
  typeId: string,
): Promise<readonly CustomField[]> {
  return (await getType(deps, principal, typeId)).fields;
}

/** @throws NotFound */
export async function getField(
  deps: Pick<Deps, 'configs'>,
  principal: Principal,
  { typeId, id }: { typeId: string; id: string },
): Promise<CustomField> {
  return fieldOf(await getType(deps, principal, typeId), id);
}

/**
 * Makes a field of a type. A required one is not asked of identities that are there; once it has a value, it keeps one.
 *
 * @throws NotFound @throws ReferenceTaken Another field of the type has the name. @throws InvalidInput
 * @throws WrongState Too many.
 * @see Contract verification 5.3.
 */
export async function createField(
  deps: DefinitionNeeds,
  context: RequestContext,
  { typeId, field }: { typeId: string; field: NewField },
  idempotency: Idempotency<CustomField> | null,
): Promise<{ made: CustomField } | { replay: string }> {
  const { name, ...definition } = field;
  const problems = problemsOf(definition);
  // Values are kept in a map by name: names that every object has would be found where nothing was set.
  if (!NAME.test(name) || name in {}) {
    const message = 'must begin with a letter and have letters, digits, - and _ only, at most 64';
    problems.unshift({ path: ['name'], code: 'invalid', message });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  const sealer = await deps.vault.pool(context.principal.poolId);
  return togetherOnce(deps, context, idempotency, async (tx) => {
    const made = await changeDefinitions(deps, tx, context, async ({ poolId, verification, at }) => {
      const type = typeOf(verification, typeId);
      if (type.fields.length >= FIELDS_MAX) {
        throw new WrongState(`An identity type may have at most ${FIELDS_MAX} fields.`);
      }
      const id = deps.ids.next();
      if (!(await tx.types.insertField(poolId, { id, typeId, name, definition }, at))) {
        throw new ReferenceTaken('Another field of this type has this name.');
      }
      const time = at.toISOString();
      const fields = ['name', ...Object.keys(definition).map(wordsOf)];
      return {
        made: { ...definition, id, typeId, name, createdAt: time, updatedAt: time },
        event: { action: 'custom_field.created', subjectId: id, fields },
      };
    });
    return { made, sealer };
  });
}

/**
 * Changes a field. Values that are there stay as they are until they are set again. Whether it is unique may change only
 * while no identity has a value, since values of a unique field are claimed one by one as they are set.
 *
 * @throws NotFound @throws InvalidInput Another name, type or encryption, or rules that cannot be.
 * @throws WrongState Uniqueness of a field that has values.
 */
export function updateField(
  deps: DefinitionNeeds,
  context: RequestContext,
  input: { typeId: string; id: string; change: FieldChange },
): Promise<CustomField> {
  const { typeId, id, change } = input;
  return together(deps, (tx) =>
    changeDefinitions(deps, tx, context, async ({ poolId, verification, at }) => {
      const before = fieldOf(typeOf(verification, typeId), id);
      const problems: FieldProblem[] = LOCKED.filter(
        (name) => change[name] !== undefined && change[name] !== before[name],
      ).map((name) => ({ path: [wordsOf(name)], code: 'locked', message: 'cannot be changed' }));
      const after: CustomField = { ...before, ...change };
      problems.push(...problemsOf(after));
      if (problems.length > 0) throw new InvalidInput(problems);
      const fields = CHANGEABLE.filter(
        (name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
      );
      if (fields.length === 0) return { made: before, event: null };
      if (fields.includes('isUnique') && (await isFieldUsed({ tx, poolId }, id))) {
        throw new WrongState('There are identities with a value of this field.');
      }
      const { fieldType, isEncrypted } = before;
      const { label, isRequired, isUnique, enumValues, validationRegex, sortOrder } = after;
      const definition: FieldDefinition = {
        ...{ label, fieldType, isRequired, isUnique, isEncrypted },
        ...{ enumValues, validationRegex, sortOrder },
      };
      await tx.types.updateField(poolId, { id, definition }, at);
      return {
        made: { ...after, updatedAt: at.toISOString() },
        event: { action: 'custom_field.updated', subjectId: id, fields: fields.map(wordsOf) },
      };
    }),
  );
}

/** @throws NotFound @throws WrongState An identity has a value. */
export function deleteField(
  deps: DefinitionNeeds,
  context: RequestContext,
  { typeId, id }: { typeId: string; id: string },
): Promise<void> {
  return together(deps, (tx) =>
    changeDefinitions(deps, tx, context, async ({ poolId, verification }) => {
      fieldOf(typeOf(verification, typeId), id);
      if (await isFieldUsed({ tx, poolId }, id)) {
        throw new WrongState('There are identities with a value of this field.');
      }
      await tx.types.deleteField(poolId, id);
      return { made: undefined, event: { action: 'custom_field.deleted', subjectId: id, fields: [] } };
    }),
  );
}

function problemsOf({ fieldType, enumValues, validationRegex }: FieldDefinition): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const problem = (name: string, message: string) =>
    problems.push({ path: [name], code: 'invalid', message });
  const isEnum = fieldType === 'enum';
  if (isEnum && (enumValues ?? []).length === 0) problem('enum_values', 'must list the values of an enum');
  if (!isEnum && enumValues !== null) problem('enum_values', 'is for fields of type enum only');
  if (validationRegex === null) return problems;
  if (fieldType !== 'string') problem('validation_regex', 'is for fields of type string only');
  const regex = compileLinearRegex(validationRegex);
  if ('problem' in regex) problem('validation_regex', regex.problem);
  return problems;
}
