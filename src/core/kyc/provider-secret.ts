import { base32OfBytes } from '../../kit/base32.ts';
import type { Deps } from '../deps.ts';
import { Unavailable } from '../errors.ts';
import type { PoolId, PoolVault } from '../ports.ts';

const SECRET_BYTES = 32;

/** Signs what goes to a provider outside, and what it sends back. */
export function createProviderSecret({ random }: Pick<Deps, 'random'>): string {
  return `kycsec_${base32OfBytes(random.bytes(SECRET_BYTES))}`;
}

export function sealProviderSecret(vault: PoolVault, slug: string, secret: string): Buffer {
  return vault.seal(sectionOf(slug), Buffer.from(secret));
}

/** @throws SealBroken @throws Unavailable It was removed meanwhile. */
export async function openProviderSecret(
  { vault, kycSettings }: Pick<Deps, 'vault' | 'kycSettings'>,
  poolId: PoolId,
  slug: string,
): Promise<string> {
  const found = await kycSettings.findSecret(poolId, slug);
  if (found === null) throw new Unavailable('the KYC provider has no secret');
  const keys = await vault.pool(poolId, found.configVersion);
  return keys.open(sectionOf(slug), found.sealedSecret).toString('utf8');
}

/** Bound to the provider: a secret that is moved to another row does not open. */
function sectionOf(slug: string): string {
  return `kyc-provider-secret:${slug}`;
}
