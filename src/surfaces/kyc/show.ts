import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import type { StoredIdentity } from '../../core/identities/ports.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../core/identities/view.ts';
import { findOwners } from '../../core/kyc/find-identity.ts';
import { viewRecord } from '../../core/kyc/record-view.ts';
import type { PoolConfig } from '../../core/pools/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type * as wire from './wire.ts';

type ShownIdentity = Static<typeof wire.Identity>;

/** The identity object (contract kyc 2), without documents. @param owners Those that are still there. */
function showRecord(
  config: PoolConfig,
  opened: Pick<OpenedIdentity, 'stored' | 'profile'>,
  owners: ReadonlySet<IdentityId>,
): ShownIdentity {
  const { stored } = opened;
  const { standing } = stored;
  const { type, name, email, birthday, gender, phoneSms, read } = viewRecord(config, opened);
  const { identityOwner } = standing;
  const isOwned = identityOwner !== undefined && owners.has(identityOwner);
  return {
    ...{ id: stored.id, appId: stored.poolId, type, name, email, birthday, gender },
    identityOwner: isOwned ? identityOwner : null,
    identityConfirmed: standing.confirmed === true,
    blocked: standing.blocked === true,
    address: {
      city: read('address.locality'),
      country: read('address.country'),
      postalCode: read('address.postal_code'),
      state: read('address.region'),
      street: read('address.street_address'),
    },
    phone: { number: read('phone_number'), sms: phoneSms },
    tax: {
      country: read('tax.country'),
      idNumber: read('tax.id_number'),
      state: read('tax.region'),
      formationRegion: read('tax.formation_region'),
    },
    kycStatus: [],
    riskRating: standing.riskRating ?? null,
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}

/** As replies with one identity show it. */
export async function showOne(
  deps: Pick<Deps, 'identities'>,
  config: PoolConfig,
  opened: Pick<OpenedIdentity, 'stored' | 'profile'>,
): Promise<{ data: ShownIdentity }> {
  const { stored } = opened;
  const owners = await findOwners(deps, stored.poolId, [stored]);
  return { data: { ...showRecord(config, opened, owners), documents: [] } };
}

/** Opens rows of one pool, as lists show them. */
export async function showAll(
  deps: Pick<Deps, 'identities' | 'vault' | 'configs'>,
  items: readonly StoredIdentity[],
): Promise<ShownIdentity[]> {
  const [first] = items;
  if (first === undefined) return [];
  const owners = await findOwners(deps, first.poolId, items);
  const shown: ShownIdentity[] = [];
  for (const stored of items) {
    const config = await deps.configs.at(stored.poolId, stored.configVersion);
    shown.push(showRecord(config, openIdentity(await vaultFor(deps, stored), stored), owners));
  }
  return shown;
}
