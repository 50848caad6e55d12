import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { type ChangeNeeds, changeIdentity } from './change.ts';
import { deriveIndexes, type FactorInput, replaceFactors } from './factors.ts';
import type { Profile } from './profile.ts';
import { checkPresence, readFactors, readMetadata } from './read-input.ts';
import type { Changing, Revision } from './revision.ts';
import { findTaken } from './taken.ts';
import type { IdentityView } from './view.ts';

export interface UpdateIdentityInput {
  readonly identityId: IdentityId;
  /** As received. Absent or null: no change. A list replaces every e-mail and username factor. */
  readonly factors: unknown;
  /** As received. Absent or null: no change. A map replaces the whole. */
  readonly metadata: unknown;
}

/**
 * Replaces factors, metadata or both, all or nothing. What is sent again unchanged changes nothing, not even the
 * ids of its values.
 *
 * @throws NotFound, WrongState, InvalidInput As `createIdentity`.
 * @see Contract pools, operation "Update an identity"; sections 3.4 and 4.
 */
export async function updateIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  input: UpdateIdentityInput,
): Promise<IdentityView> {
  return changeIdentity(deps, context, input.identityId, (changing) => revise(deps, input, changing));
}

function revise(deps: ChangeNeeds, input: UpdateIdentityInput, changing: Changing): Revision | null {
  const { config, vault, stored, profile: before } = changing;
  const problems: FieldProblem[] = [];
  let profile: Profile = before;
  let sent: readonly FactorInput[] = [];
  if (input.factors !== undefined && input.factors !== null) {
    const factors = readFactors(input.factors, config);
    problems.push(...factors.problems);
    sent = factors.value;
    profile = replaceFactors(config, stored.schemaId, profile, sent, () => deps.ids.next());
    const { present } = deriveIndexes(config, stored.schemaId, profile);
    if (factors.problems.length === 0) problems.push(...checkPresence(config, present));
  }
  if (input.metadata !== undefined && input.metadata !== null) {
    const metadata = readMetadata(input.metadata);
    problems.push(...metadata.problems);
    profile = { ...profile, metadata: metadata.value };
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  const fields = changedFields(before, profile);
  if (fields.length === 0) return null;
  return {
    action: 'identity.updated',
    fields,
    profile,
    onTaken: async () => {
      const { poolId, schemaId, id } = stored;
      const taken = await findTaken(deps.identities, {
        poolId,
        config,
        vault,
        schemaId,
        profile,
        id,
        factors: sent,
      });
      if (taken.length > 0) throw new InvalidInput(taken);
    },
  };
}

function changedFields(before: Profile, after: Profile): string[] {
  const names = new Set([...Object.keys(before.factors), ...Object.keys(after.factors)]);
  const factors = [...names].filter((name) => before.factors[name]?.vid !== after.factors[name]?.vid);
  return [
    ...factors.map((name) => `factors.${name}`),
    ...(isSameMap(before.metadata, after.metadata) ? [] : ['metadata']),
  ];
}

function isSameMap(a: Profile['metadata'], b: Profile['metadata']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
