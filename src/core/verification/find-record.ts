import { parseTagged } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import { externalRefClaim } from '../identities/claims.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { verificationStatusOf } from '../identities/standing.ts';
import type { IdentityId, Principal } from '../ports.ts';

type Needs = Pick<Deps, 'identities' | 'vault'>;

/**
 * An identity by its `idn_…` id or its reference, in the key's own pool: the id first, since it is exact (contract
 * verification 3.1). Archived, merged and erased ones are found; a deleted one is not (R8).
 *
 * @throws NotFound Missing, or of another pool.
 */
export async function findRecord(
  { identities, vault }: Needs,
  { poolId }: Principal,
  reference: string,
): Promise<StoredIdentity> {
  const id = parseTagged(reference, 'idn');
  let found = id === null ? null : await identities.findIdentity(poolId, id as IdentityId);
  found ??= await identities.findByClaim(poolId, externalRefClaim(await vault.pool(poolId), reference));
  if (found === null || found.status === 'deleted') throw new NotFound();
  return found;
}

export function isMerged({ standing }: Pick<StoredIdentity, 'standing'>): boolean {
  return verificationStatusOf(standing) === 'merged';
}

/** @throws WrongState The record is redacted, or folded into another: nothing is written to it any more. */
export function requireWritable(stored: Pick<StoredIdentity, 'standing' | 'status'>): void {
  if (stored.status === 'erased') throw new WrongState('The identity is redacted.');
  if (isMerged(stored)) throw new WrongState('The identity was merged into another one.');
}
