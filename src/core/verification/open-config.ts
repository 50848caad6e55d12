import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import { vaultFor } from '../identities/view.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { StoredVerification } from './ports.ts';

type Needs = Pick<Deps, 'configs' | 'vault'>;

/** The configuration of a pool that takes writes. @throws WrongState It, its domain or its account is deleted for good. */
export async function openConfig({ configs }: Pick<Deps, 'configs'>, poolId: PoolId): Promise<PoolConfig> {
  const config = await configs.any(poolId);
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  return config;
}

/**
 * Has a pool's configuration and keys in memory before a transaction begins: loading them within one asks for another
 * connection, and transactions that hold all of them would wait for each other.
 *
 * @param stored A row of the pool: what opens it is there afterwards.
 */
export async function warmUp(
  deps: Needs,
  { poolId, configVersion }: Pick<StoredVerification, 'poolId' | 'configVersion'>,
): Promise<void> {
  await Promise.all([deps.configs.at(poolId, configVersion), vaultFor(deps, { poolId, configVersion })]);
}
