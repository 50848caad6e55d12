import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import { customFieldSpace } from '../identities/claims.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Changed, Changing, Revision } from '../identities/revision.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import type { Principal, RequestContext } from '../ports.ts';
import type { CustomField } from './config.ts';
import { readFieldValue } from './field-values.ts';
import { findRecord, requireWritable } from './find-record.ts';

export type CustomValues = { readonly [name: string]: unknown };

const NAME_LENGTH_MAX = 64;

/** @throws NotFound */
export async function getCustomFields(
  deps: Pick<Deps, 'identities' | 'vault'>,
  principal: Principal,
  reference: string,
): Promise<{ stored: StoredIdentity; values: CustomValues }> {
  const stored = await findRecord(deps, principal, reference);
  const { profile } = openIdentity(await vaultFor(deps, stored), stored);
  return { stored, values: profile?.customFields ?? {} };
}

/**
 * Sets values of the fields that the identity's type defines; null removes one, what is not named stays. Of a unique
 * field's value there is one in the pool, whoever comes first: values are claimed like identifiers.
 *
 * @throws NotFound @throws WrongState Redacted or merged.
 * @throws InvalidInput An unknown field, a value that its definition refuses, a required one removed, a taken one.
 * @see Contract verification 3.10, 5.3.
 */
export async function setCustomFields(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  values: CustomValues,
): Promise<Changed> {
  const find = () => findRecord(deps, context.principal, reference);
  const outcome = await changeRecord(deps, context, find, (changing) => revise(changing, values));
  if (!('made' in outcome)) throw new TypeError('custom fields are set without an idempotency key');
  return outcome.made;
}

function revise({ stored, config, profile }: Changing, values: CustomValues): Revision | null {
  requireWritable(stored);
  const type = config.verification.types.find(({ id }) => id === stored.standing.typeId);
  const definitions = new Map((type?.fields ?? []).map((field) => [field.name, field]));
  const before = profile.customFields ?? {};
  const after = new Map(Object.entries(before));
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(values)) {
    const definition = definitions.get(name);
    const problem = definition === undefined ? UNKNOWN : apply(definition, value, after);
    if (problem !== null) problems.push({ path: pathOf(name), ...problem });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  const customFields = Object.fromEntries(after);
  if (JSON.stringify(customFields) === JSON.stringify(before)) return null;
  return {
    action: 'identity.updated',
    fields: ['custom_fields'],
    profile: { ...profile, customFields },
    onTaken: async (taken) => {
      const fields = [...definitions.values()].filter(({ id }) =>
        taken.some(({ space }) => space === customFieldSpace(id)),
      );
      if (fields.length === 0) return;
      const message = 'Another identity has this value.';
      throw new InvalidInput(fields.map(({ name }) => ({ path: pathOf(name), code: 'taken', message })));
    },
  };
}

type Problem = Pick<FieldProblem, 'code' | 'message'>;

const UNKNOWN: Problem = { code: 'unknown', message: 'is no field of the identity’s type' };

/** Names that cannot be a field's are not repeated. */
function pathOf(name: string): FieldProblem['path'] {
  return name.length > NAME_LENGTH_MAX ? ['custom_fields'] : ['custom_fields', name];
}

/** Sets or removes one value. @returns What is wrong with it. */
function apply(definition: CustomField, value: unknown, after: Map<string, unknown>): Problem | null {
  const { name, isRequired } = definition;
  if (value === null) {
    if (isRequired && after.has(name)) return { code: 'required', message: 'is required' };
    after.delete(name);
    return null;
  }
  const read = readFieldValue(definition, value);
  if ('problem' in read) return { code: 'invalid', message: read.problem };
  after.set(name, read.value);
  return null;
}
