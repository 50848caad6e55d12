import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId, PoolId, Principal } from '../ports.ts';

/** @throws NotFound Missing, of another pool, deleted, erased or merged: all look the same. */
export async function findKycRecord(
  { identities }: Pick<Deps, 'identities'>,
  { poolId }: Principal,
  id: IdentityId,
): Promise<StoredIdentity> {
  const found = await identities.findIdentity(poolId, id);
  if (found === null || !isVisible(found)) throw new NotFound();
  return found;
}

/**
 * The persons that answer for these companies and are still there. Companies outlive their owner, and have none then
 * (contract kyc 3.5): it is read so, and nothing is written for it.
 */
export async function findOwners(
  { identities }: Pick<Deps, 'identities'>,
  poolId: PoolId,
  companies: readonly Pick<StoredIdentity, 'standing'>[],
): Promise<ReadonlySet<IdentityId>> {
  const ids = new Set(companies.flatMap(({ standing }) => standing.identityOwner ?? []));
  const found = await Promise.all([...ids].map((id) => identities.findIdentity(poolId, id)));
  return new Set(found.flatMap((owner) => (owner !== null && isVisible(owner) ? owner.id : [])));
}
