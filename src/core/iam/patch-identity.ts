import { isSameJson } from '../../kit/same-json.ts';
import type { Deps } from '../deps.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import type { Profile } from '../identities/profile.ts';
import type { Revision } from '../identities/revision.ts';
import { type Standing, standingOf } from '../identities/standing.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import type { ImportedVerifiableAddress } from '../traits/addresses.ts';
import type { JsonObject } from '../traits/pointer.ts';
import { type ChangeIamNeeds, changeIamIdentity } from './change-identity.ts';
import { changedFields } from './changed-fields.ts';
import { withOwnFields } from './create-identity.ts';
import { PatchRefused } from './errors.ts';
import { applyPatch, type PatchOperation } from './json-patch.ts';
import { patchAddresses } from './patch-addresses.ts';
import { type CredentialPatches, patchCredentials } from './patch-credentials.ts';
import type { IamRecord, IdentityState } from './record.ts';
import { inState } from './replace-identity.ts';
import { withTraits } from './traits.ts';

/** An identity as a patched document says that it shall be. */
export interface PatchedIdentity {
  /** Null: as it is. */
  readonly schemaId: string | null;
  readonly traits: unknown;
  readonly state: IdentityState;
  /** ISO 8601; null: as it is. */
  readonly stateChangedAt: string | null;
  /** Null and undefined clear. */
  readonly metadataPublic: unknown;
  readonly metadataAdmin: unknown;
  readonly externalId: string | null;
  readonly organizationId: string | null;
  readonly verifiableAddresses: readonly ImportedVerifiableAddress[];
  readonly credentials: CredentialPatches;
}

export interface IamPatch {
  readonly operations: readonly PatchOperation[];
  /** The document that the operations are about: the identity as the caller knows it. */
  readonly spell: (record: IamRecord) => JsonObject;
  /** What a document says. @throws InvalidInput */
  readonly read: (patched: JsonObject, spelled: JsonObject) => PatchedIdentity;
}

/**
 * Applies a JSON Patch to an identity: all of it, or nothing. Two at once are applied one after the other, each to what
 * the other left, so that none is lost.
 *
 * @throws NotFound @throws PatchRefused @throws InvalidInput @throws InvalidTraits @throws IdentifierTaken
 * @see Contract iam 4.1, "PATCH (JSON Patch)".
 */
export function patchIamIdentity(
  deps: ChangeIamNeeds & Pick<Deps, 'phones'>,
  context: RequestContext,
  id: IdentityId,
  { operations, spell, read }: IamPatch,
): Promise<IamRecord> {
  return changeIamIdentity(deps, context, id, (record) => {
    const spelled = spell(record);
    const patched = applyPatch(spelled, operations);
    requireSize(patched, spelled);
    return patching(deps, record, read(patched, spelled));
  });
}

/** What requests can add up to; each by itself is bounded by the size of its body. */
const CHARACTERS_MAX = 1_048_576;

/** What is too large already may become smaller. */
function requireSize(patched: JsonObject, spelled: JsonObject): void {
  const size = JSON.stringify(patched).length;
  if (size > CHARACTERS_MAX && size > JSON.stringify(spelled).length)
    throw new PatchRefused('the identity would become too large');
}

function patching(
  deps: Pick<ChangeIamNeeds, 'clock' | 'ids' | 'passwords'> & Pick<Deps, 'phones'>,
  record: IamRecord,
  patched: PatchedIdentity,
): Revision {
  const now = deps.clock.now();
  const { config, stored, credentials: old } = record;
  const schemaId = patched.schemaId ?? stored.schemaId;
  const { profile: reworded, changed } = patchTraits(deps, record, { schemaId, traits: patched.traits });
  const after = derivedOf(config, { schemaId, traits: reworded.traits });
  const owned = withOrganization(withOwnFields(reworded, patched), patched.organizationId);
  const addressed = { profile: owned, after, said: patched.verifiableAddresses };
  const profile = patchAddresses(deps.phones, record, addressed, now);
  const credentials = patchCredentials({ hasher: deps.passwords }, old, patched.credentials, now);
  const standing = patchStanding(record, patched);
  return {
    action: 'identity.updated',
    fields: [...changedFields(record, { profile, schemaId, standing, credentials }), ...changed],
    ...{ profile, schemaId, standing },
    ...(credentials === old ? {} : { credentials }),
  };
}

function patchTraits(
  { ids }: Pick<Deps, 'ids'>,
  { config, stored, profile }: IamRecord,
  next: { schemaId: string; traits: unknown },
): { profile: Profile; changed: readonly string[] } {
  if (next.schemaId === stored.schemaId && isSameJson(next.traits, profile.traits))
    return { profile, changed: [] };
  const { standing, schemaId } = stored;
  return withTraits(config, { schemaId, profile, standing }, { ...next, judges: 'changes' }, () =>
    ids.next(),
  );
}

function withOrganization(profile: Profile, organizationId: string | null): Profile {
  const { iam: { organizationId: _old, ...iam } = {}, ...rest } = profile;
  const next = organizationId === null ? iam : { ...iam, organizationId };
  return Object.keys(next).length === 0 ? rest : { ...rest, iam: next };
}

function patchStanding({ stored }: IamRecord, { state, stateChangedAt }: PatchedIdentity): Standing {
  const standing = inState(stored.standing, state);
  return stateChangedAt === null ? standing : standingOf({ ...standing, stateChangedAt });
}
