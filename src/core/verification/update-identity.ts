import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import { ATTRIBUTES, type AttributeName } from '../identities/attributes.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import { EXTERNAL_REF } from '../identities/claims.ts';
import type { Changed, Changing, Revision } from '../identities/revision.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import { type Standing, standingOf, verificationStatusOf } from '../identities/standing.ts';
import type { RequestContext } from '../ports.ts';
import { ATTRIBUTE_OF_FIELD, type AttributeField, fieldOfChange } from './fields.ts';
import { findRecord, requireWritable } from './find-record.ts';

/** What a PATCH sets, checked and trimmed; what is absent stays. */
export interface UpdateInput {
  readonly attributes: ReadonlyMap<AttributeField, string>;
  readonly externalRef?: string;
  readonly country?: string;
  readonly status?: string;
}

/** Statuses that a caller may set on any identity; `merged` and `redacted` follow from their operations only. */
export const SETTABLE_STATUSES: readonly string[] = ['pending', 'approved', 'failed', 'rejected'];

/**
 * Changes attributes, reference, country and status, all or nothing; what is sent again unchanged changes nothing.
 * Equal attributes of another identity are accepted: an e-mail is claimed as an identifier only if it is free (R3).
 *
 * @throws NotFound @throws WrongState Redacted or merged.
 * @throws InvalidInput A status that the identity's type does not know, a taken reference, a locked attribute (R1).
 * @see Contract verification 3.3, 4.4.
 */
export function updateRecord(
  deps: ChangeNeeds & Pick<Deps, 'identities' | 'vault'>,
  context: RequestContext,
  reference: string,
  input: UpdateInput,
  idempotency: Idempotency<Changed> | null,
): Promise<{ made: Changed } | { replay: string }> {
  const find = () => findRecord(deps, context.principal, reference);
  return changeRecord(deps, context, find, (changing) => revise(deps, input, changing), idempotency);
}

function revise({ ids }: Pick<Deps, 'ids'>, input: UpdateInput, changing: Changing): Revision | null {
  const { stored, config, profile } = changing;
  requireWritable(stored);
  const problems: FieldProblem[] = [];
  const { standing, fields } = reviseStanding(changing, input, problems);
  const values = new Map<AttributeName, string>();
  for (const [field, value] of input.attributes) values.set(ATTRIBUTE_OF_FIELD[field], value);
  const record = { schemaId: stored.schemaId, profile, standing: stored.standing };
  const change = setAttributes(config, record, values, () => ids.next());
  for (const { attribute, code, message } of change.problems) {
    problems.push({ path: [fieldOfChange(attribute)], code, message });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  const changed = [...change.changed].sort((a, b) => ATTRIBUTES.indexOf(a) - ATTRIBUTES.indexOf(b));
  if (changed.length + fields.length === 0) return null;
  return {
    action: 'identity.updated',
    fields: [...fields, ...changed],
    profile: change.profile,
    standing,
    claims: 'if-free',
    onTaken: async (taken) => {
      if (!taken.some(({ space }) => space === EXTERNAL_REF)) return;
      const message = 'Another identity has this reference.';
      throw new InvalidInput([{ path: ['external_ref'], code: 'taken', message }]);
    },
  };
}

function reviseStanding(
  { stored, config }: Changing,
  { externalRef, country, status }: UpdateInput,
  problems: FieldProblem[],
): { standing: Standing; fields: string[] } {
  const before = stored.standing;
  const fields: string[] = [];
  let standing = before;
  if (externalRef !== undefined && externalRef !== before.externalRef) {
    standing = { ...standing, externalRef };
    fields.push('external_ref');
  }
  if (country !== undefined && country !== before.country) {
    standing = { ...standing, country };
    fields.push('country');
  }
  if (status !== undefined) {
    const type = config.verification.types.find(({ id }) => id === before.typeId);
    if (!SETTABLE_STATUSES.includes(status) && !(type?.statuses ?? []).includes(status)) {
      problems.push({
        path: ['status'],
        code: 'invalid',
        message: 'must be a status that identities may be given',
      });
    } else if (status !== verificationStatusOf(before)) {
      standing = standingOf({ ...standing, status });
      fields.push('status');
    }
  }
  return { standing, fields };
}
