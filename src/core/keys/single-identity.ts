import type { Deps } from '../deps.ts';
import type { ActingContext, KeyId, PoolId } from '../ports.ts';
import { IdentityLimitReached } from './errors.ts';

/**
 * Which key an identity that is being made uses up: one that may make a single one (contract kyc 1). Null: none, since
 * another key acts, or nobody.
 *
 * @throws IdentityLimitReached The identity is to be of another pool than the key: what it has made is known in its own.
 */
export function limitedKeyOf({ principal }: ActingContext, poolId: PoolId): KeyId | null {
  if (principal.isSingleIdentity !== true) return null;
  if (principal.poolId !== poolId) throw new IdentityLimitReached();
  return principal.keyId;
}

/**
 * How many identities the caller may still make, as far as is known now; what is made decides once more when it is
 * written.
 */
export async function identitiesLeft(
  { identities }: Pick<Deps, 'identities'>,
  { principal }: ActingContext,
): Promise<number> {
  const { isSingleIdentity = false, poolId, keyId } = principal;
  if (!isSingleIdentity || keyId === null) return Number.POSITIVE_INFINITY;
  return (await identities.hasMadeIdentity(poolId, keyId)) ? 0 : 1;
}
