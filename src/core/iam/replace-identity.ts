import type { Revision } from '../identities/revision.ts';
import { type Standing, standingOf } from '../identities/standing.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { type ChangeIamNeeds, changeIamIdentity } from './change-identity.ts';
import { changedFields } from './changed-fields.ts';
import { withOwnFields } from './create-identity.ts';
import { mergeCredentials, type PreparedImports, prepareImports } from './import-credentials.ts';
import type { IamReplacement } from './input.ts';
import { findIamIdentity, type IamRecord, type IdentityState } from './record.ts';
import { withTraits } from './traits.ts';

/**
 * Replaces traits, metadata and the external id as a whole; credentials are added to (contract iam 4.1, "PUT body").
 *
 * @throws NotFound @throws InvalidInput @throws InvalidTraits @throws IdentifierTaken @throws Busy
 */
export async function replaceIamIdentity(
  deps: ChangeIamNeeds,
  context: RequestContext,
  id: IdentityId,
  input: IamReplacement,
): Promise<IamRecord> {
  const stored = await findIamIdentity(deps, context.principal.poolId, id);
  const config = await deps.configs.at(stored.poolId, stored.configVersion);
  const imports = await prepareImports(
    { hasher: deps.passwords },
    input.credentials,
    config.iam.passwordAlgorithm,
  );
  return changeIamIdentity(deps, context, id, (record) => replacing(deps, record, input, imports));
}

function replacing(
  { clock, ids }: Pick<ChangeIamNeeds, 'clock' | 'ids'>,
  record: IamRecord,
  input: IamReplacement,
  imports: PreparedImports,
): Revision {
  const { config, stored, profile: before, credentials: old } = record;
  const schemaId = input.schemaId ?? stored.schemaId;
  const { profile: reworded, changed } = withTraits(
    config,
    { schemaId: stored.schemaId, profile: before, standing: stored.standing },
    { schemaId, traits: input.traits, judges: 'changes' },
    () => ids.next(),
  );
  const profile = withOwnFields(reworded, input);
  const standing = inState(stored.standing, input.state);
  const isImporting = Object.keys(imports).length > 0;
  const credentials = isImporting ? mergeCredentials(old, imports, clock.now()) : old;
  return {
    action: 'identity.updated',
    fields: [...changedFields(record, { profile, schemaId, standing, credentials }), ...changed],
    ...{ profile, schemaId, standing },
    ...(isImporting ? { credentials } : {}),
  };
}

/** @param state Null: as it is. */
export function inState(standing: Standing, state: IdentityState | null): Standing {
  if (state === null) return standing;
  return standingOf({ ...standing, blocked: state === 'inactive' ? true : undefined });
}
