import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import { closing } from '../identities/delete-identity.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { findKycRecord } from './find-identity.ts';

/**
 * Closes a record (R8): gone here at once and for good; its e-mail is free, unless it was blocked.
 * @throws NotFound Also for one that was deleted before.
 * @see Contract kyc 3.5.
 */
export async function deleteKycIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  id: IdentityId,
): Promise<void> {
  await changeRecord(deps, context, () => findKycRecord(deps, context.principal, id), closing);
}
