import type { Credentials } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Profile, Seen } from '../identities/profile.ts';
import type { Standing } from '../identities/standing.ts';
import { credentialsOf, type OpenedIdentity, openIdentity, vaultFor } from '../identities/view.ts';
import { isVisible } from '../identities/visibility.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { DataKey, IdentityId, PoolId, PoolVault } from '../ports.ts';
import type { Derived } from '../traits/ports.ts';

/** An identity as the iam surface sees it, opened. Personal data and secrets: goes into replies, nowhere else. */
export interface IamRecord {
  readonly stored: StoredIdentity;
  readonly config: PoolConfig;
  readonly vault: PoolVault;
  readonly key: DataKey;
  readonly profile: Profile;
  readonly credentials: Credentials;
  readonly derived: Derived;
}

/** With all that a change of it starts from. */
export interface WholeRecord extends IamRecord {
  readonly seen: Seen | null;
}

export type RecordNeeds = Pick<Deps, 'identities' | 'vault' | 'configs'>;

/** @throws NotFound Missing, of another pool, deleted, erased or merged: all look the same. */
export async function findIamIdentity(
  { identities }: Pick<Deps, 'identities'>,
  poolId: PoolId,
  id: IdentityId,
): Promise<StoredIdentity> {
  const found = await identities.findIdentity(poolId, id);
  if (found === null || !isVisible(found)) throw new NotFound();
  return found;
}

/** @throws NotFound It was closed meanwhile. @throws SealBroken */
export function toIamRecord(
  { config, vault }: { config: PoolConfig; vault: PoolVault },
  opened: OpenedIdentity,
): WholeRecord {
  const { stored, key, profile, seen } = opened;
  if (key === null || profile === null) throw new NotFound();
  const derived = derivedOf(config, { schemaId: stored.schemaId, traits: profile.traits });
  return { stored, config, vault, key, profile, seen, credentials: credentialsOf(opened), derived };
}

export async function openIamRecord(
  deps: Pick<Deps, 'vault' | 'configs'>,
  stored: StoredIdentity,
): Promise<WholeRecord> {
  const config = await deps.configs.at(stored.poolId, stored.configVersion);
  const vault = await vaultFor(deps, stored);
  return toIamRecord({ config, vault }, openIdentity(vault, stored));
}

export type IdentityState = 'active' | 'inactive';

/** Inactive here is blocked everywhere (R2). */
export function stateOf({ blocked }: Standing): IdentityState {
  return blocked === true ? 'inactive' : 'active';
}
