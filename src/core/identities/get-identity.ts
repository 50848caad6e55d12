import type { Deps } from '../deps.ts';
import type { IdentityId, Principal } from '../ports.ts';
import { locateIdentity } from './locate-identity.ts';
import { type IdentityView, isOpenStatus, openIdentity, vaultFor, viewIdentity } from './view.ts';

/**
 * @returns The identity, closed ones too, and whether anything may still be done to it.
 * @throws NotFound
 */
export async function getIdentity(
  deps: Pick<Deps, 'identities' | 'organisation' | 'configs' | 'vault'>,
  principal: Principal,
  id: IdentityId,
): Promise<{ identity: IdentityView; isOpen: boolean }> {
  const stored = await locateIdentity(deps, principal, id);
  const config = await deps.configs.at(stored.poolId, stored.configVersion);
  const vault = await vaultFor(deps, stored);
  return {
    identity: viewIdentity(vault, config, openIdentity(vault, stored)),
    isOpen: config.isOpen && isOpenStatus(stored.status),
  };
}
