import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import { erasing } from '../identities/erase-identity.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { findIamIdentity } from './record.ts';

/**
 * Erases an identity (R8): its data key is destroyed, and with it traits, credentials, sessions and whatever else was
 * sealed under it, on every surface and in backups.
 *
 * @throws NotFound @throws WrongState
 * @see Contract iam 4.1, DELETE.
 */
export async function deleteIamIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  id: IdentityId,
): Promise<void> {
  const find = () => findIamIdentity(deps, context.principal.poolId, id);
  await changeRecord(deps, context, find, ({ stored }) => erasing(stored.standing));
}
