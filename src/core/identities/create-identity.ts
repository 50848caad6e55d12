import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import { getReachablePool } from '../pools/reach.ts';
import type { PoolId, RequestContext } from '../ports.ts';
import { firstStanding } from '../verification/config.ts';
import { type CreateNeeds, createRecord, type Drafting } from './create-record.ts';
import { deriveIndexes, replaceFactors } from './factors.ts';
import { EMPTY_PROFILE } from './profile.ts';
import { checkPresence, readFactors, readMetadata } from './read-input.ts';
import type { Changed } from './revision.ts';
import { findTaken } from './taken.ts';
import { type IdentityView, viewIdentity } from './view.ts';

export interface CreateIdentityInput {
  readonly poolId: PoolId;
  /** As received: this operation checks them. Absent is an empty list or map; null is refused. */
  readonly factors: unknown;
  readonly metadata: unknown;
}

/**
 * Makes an identity of a pool with factors and metadata.
 *
 * @returns The identity, or the kept reply when the idempotency key was used before.
 * @throws NotFound No such pool in the caller's reach.
 * @throws WrongState The pool, its domain or its account is deleted.
 * @throws InvalidInput Every field problem at once; a taken identifier is `taken` at `factors[i].value`.
 * @see Contract pools 3.4, 4.
 */
export async function createIdentity(
  deps: CreateNeeds,
  context: RequestContext,
  input: CreateIdentityInput,
  idempotency: Idempotency<IdentityView> | null = null,
): Promise<{ made: IdentityView } | { replay: string }> {
  const { poolId } = input;
  await getReachablePool(deps, context.principal, poolId);
  const view = (changed: Changed) => viewIdentity(changed.vault, changed.config, changed);
  const outcome = await createRecord(
    deps,
    context,
    {
      poolId,
      draft: (drafting) => readDraft(deps, drafting, input),
      onTaken: async ({ config, vault, schemaId }, { profile }, id) => {
        const factors = readFactors(input.factors ?? [], config).value;
        const taken = await findTaken(deps.identities, {
          ...{ poolId, config, vault, schemaId, profile, id, factors },
        });
        if (taken.length > 0) throw new InvalidInput(taken);
      },
    },
    idempotency === null ? null : { ...idempotency, render: (changed) => idempotency.render(view(changed)) },
  );
  return 'made' in outcome ? { made: view(outcome.made) } : outcome;
}

function readDraft(
  { ids }: Pick<CreateNeeds, 'ids'>,
  { config, schemaId }: Drafting,
  input: CreateIdentityInput,
) {
  const factors = readFactors(input.factors === undefined ? [] : input.factors, config);
  const metadata = readMetadata(input.metadata === undefined ? {} : input.metadata);
  const problems: FieldProblem[] = [...factors.problems, ...metadata.problems];
  const profile = {
    ...replaceFactors(config, schemaId, EMPTY_PROFILE, factors.value, () => ids.next()),
    metadata: metadata.value,
  };
  const { present } = deriveIndexes(config, schemaId, profile);
  if (factors.problems.length === 0) problems.push(...checkPresence(config, present));
  if (problems.length > 0) throw new InvalidInput(problems);
  const fields = [
    ...[...present].map((name) => `factors.${name}`),
    ...(Object.keys(metadata.value).length > 0 ? ['metadata'] : []),
  ];
  return { profile, standing: firstStanding(config.verification), fields };
}
