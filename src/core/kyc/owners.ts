import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId, PoolId } from '../ports.ts';
import { OwnerNotFound, OwnerNotPerson } from './identity-errors.ts';
import { typeOf } from './record-view.ts';

/** @throws OwnerNotFound Missing, closed or of another pool. */
export async function findOwner(
  { identities }: Pick<Deps, 'identities'>,
  poolId: PoolId,
  id: string,
): Promise<StoredIdentity> {
  const owner = await identities.findIdentity(poolId, id as IdentityId);
  if (owner === null || !isVisible(owner)) throw new OwnerNotFound();
  return owner;
}

/** @throws OwnerNotPerson A company, or the record itself, which is about to be one. */
export function requirePerson(owner: StoredIdentity, company: IdentityId | null): void {
  if (typeOf(owner.standing) !== 'person' || owner.id === company) throw new OwnerNotPerson();
}
