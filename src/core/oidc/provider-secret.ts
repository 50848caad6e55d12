import type { Deps } from '../deps.ts';
import type { PoolId, PoolVault } from '../ports.ts';
import type { OidcProviderConfig } from './config.ts';
import { OpenIdFailed } from './errors.ts';
import type { OpenIdProvider } from './ports.ts';

export function sealClientSecret(vault: PoolVault, id: string, secret: string): Buffer {
  return vault.seal(sectionOf(id), Buffer.from(secret));
}

/**
 * A provider, ready to be asked.
 * @throws SealBroken @throws OpenIdFailed It was removed meanwhile.
 */
export async function openProvider(
  { vault, oidcSettings }: Pick<Deps, 'vault' | 'oidcSettings'>,
  poolId: PoolId,
  config: OidcProviderConfig,
): Promise<OpenIdProvider> {
  if (config.clientAuth === 'none') return { ...config, clientSecret: null };
  const found = await oidcSettings.findSecret(poolId, config.id);
  if (found === null || found.sealedSecret === null)
    throw new OpenIdFailed('unavailable', 'no_client_secret');
  const keys = await vault.pool(poolId, found.configVersion);
  const clientSecret = keys.open(sectionOf(config.id), found.sealedSecret).toString('utf8');
  return { ...config, clientSecret };
}

/** Bound to the provider: a secret that is moved to another row does not open. */
function sectionOf(id: string): string {
  return `oidc-client-secret:${id}`;
}
