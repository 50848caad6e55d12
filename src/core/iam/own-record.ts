import { NO_CREDENTIALS } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import { type OpenedIdentity, vaultFor } from '../identities/view.ts';
import type { IamRecord } from './record.ts';

/**
 * An identity as those see it who are shown no credentials: these are not opened, and none are in what is given.
 * @throws NotFound It was closed meanwhile.
 */
export async function recordWithoutCredentials(
  deps: Pick<Deps, 'vault' | 'configs'>,
  { stored, key, profile }: Pick<OpenedIdentity, 'stored' | 'key' | 'profile'>,
): Promise<IamRecord> {
  if (key === null || profile === null) throw new NotFound();
  const { poolId, schemaId, configVersion } = stored;
  const config = deps.configs.held(poolId, configVersion) ?? (await deps.configs.at(poolId, configVersion));
  const vault = deps.vault.held(poolId, configVersion) ?? (await vaultFor(deps, stored));
  const derived = derivedOf(config, { schemaId, traits: profile.traits });
  return { stored, config, vault, key, profile, credentials: NO_CREDENTIALS, derived };
}
