import type { IdentityId, RequestContext } from '../ports.ts';
import { type ChangeNeeds, changeIdentity } from './change.ts';
import { claimsOf, titleOf, viewFactors } from './factors.ts';
import type { Changing, Revision } from './revision.ts';
import type { IdentityView } from './view.ts';

/**
 * Closes an identity (R8, "delete"): its identifiers are free at once; ids, title, claims, metadata, visible
 * factors and snapshots stay as they are now, whatever its ruleset becomes. There is no way back.
 *
 * @throws NotFound @throws WrongState It is closed already, or its pool is.
 * @see Contract pools 6.
 */
export async function deleteIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  input: { identityId: IdentityId },
): Promise<IdentityView> {
  return changeIdentity(deps, context, input.identityId, closing);
}

/** What deleting makes of a record. */
export function closing({ config, vault, stored, profile }: Changing): Revision {
  const factors = viewFactors(vault, config, { id: stored.id, schemaId: stored.schemaId, profile });
  const frozen = { title: titleOf(factors), claims: claimsOf(config, profile, factors), factors };
  return {
    action: 'identity.deleted',
    fields: ['status'],
    status: 'deleted',
    profile: { ...profile, frozen },
  };
}
