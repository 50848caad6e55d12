import type { Deps } from '../deps.ts';
import { closing } from '../identities/delete-identity.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { changeWithin, openWithin, together } from '../records.ts';
import { removeDocuments } from './documents.ts';
import { findKycRecord } from './find-identity.ts';
import { cancelCases } from './open-cases.ts';

/**
 * Closes a record (R8), and its documents with it: gone here at once and for good, and no link opens them any more; its
 * e-mail is free, unless it was blocked. What is being verified of it is cancelled.
 * @throws NotFound Also for one that was deleted before.
 * @see Contract kyc 3.5.
 */
export async function deleteKycIdentity(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records'>,
  context: RequestContext,
  id: IdentityId,
): Promise<void> {
  const { poolId } = context.principal;
  await together(deps, async (tx) => {
    const changing = openWithin(deps, await findKycRecord(tx, context.principal, id));
    await changeWithin(tx, deps, context, changing, closing(changing));
    await removeDocuments(tx, deps, { poolId, identityId: id });
    await cancelCases(tx, deps, context, { poolId, identityId: id });
  });
}
