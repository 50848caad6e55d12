import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import type { StoredIdentity } from '../../core/identities/ports.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../core/identities/view.ts';
import type { KycCase } from '../../core/kyc/case-ports.ts';
import { enabledProviders } from '../../core/kyc/config.ts';
import type { DocumentView } from '../../core/kyc/documents.ts';
import { findOwners } from '../../core/kyc/find-identity.ts';
import { viewRecord } from '../../core/kyc/record-view.ts';
import type { PoolConfig } from '../../core/pools/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type * as wire from './wire.ts';

type ShownIdentity = Static<typeof wire.Identity>;

/** The identity object (contract kyc 2), without documents. @param around.owners Those that are still there. */
function showRecord(
  config: PoolConfig,
  opened: Pick<OpenedIdentity, 'stored' | 'profile'>,
  { owners, cases }: { owners: ReadonlySet<IdentityId>; cases: readonly KycCase[] },
): ShownIdentity {
  const { stored } = opened;
  const { standing } = stored;
  const { type, name, email, birthday, gender, phoneSms, read } = viewRecord(config, opened);
  const { identityOwner } = standing;
  const enabled = enabledProviders(config.kyc).map(({ slug }) => slug);
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
    kycStatus: cases
      .filter(({ identityId, provider }) => identityId === stored.id && enabled.includes(provider))
      .map(showCase),
    riskRating: standing.riskRating ?? null,
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}

/** As replies with one identity show it. */
export async function showOne(
  deps: Pick<Deps, 'identities' | 'cases'>,
  config: PoolConfig,
  opened: Pick<OpenedIdentity, 'stored' | 'profile'>,
  documents: readonly DocumentView[],
): Promise<{ data: ShownIdentity }> {
  const { stored } = opened;
  const around = await lookAround(deps, [stored]);
  return { data: { ...showRecord(config, opened, around), documents: documents.map(showDocument) } };
}

function showDocument({ createdAt, updatedAt, ...document }: DocumentView) {
  return { ...document, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** What of rows of one pool is in other rows. */
async function lookAround(
  deps: Pick<Deps, 'identities' | 'cases'>,
  items: readonly StoredIdentity[],
): Promise<{ owners: ReadonlySet<IdentityId>; cases: readonly KycCase[] }> {
  const [first] = items;
  if (first === undefined) return { owners: new Set(), cases: [] };
  const ids = items.map(({ id }) => id);
  const [owners, cases] = await Promise.all([
    findOwners(deps, first.poolId, items),
    deps.cases.listCases(first.poolId, ids),
  ]);
  return { owners, cases };
}

/** An entry of `kycStatus` (contract kyc 4.1). */
function showCase({ provider, state, exceptions, verificationId, createdAt, updatedAt }: KycCase) {
  return {
    ...{ provider, status: state, exceptions: [...exceptions], verificationId },
    ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  };
}

/** Opens rows of one pool, as lists show them. */
export async function showAll(
  deps: Pick<Deps, 'identities' | 'cases' | 'vault' | 'configs'>,
  items: readonly StoredIdentity[],
): Promise<ShownIdentity[]> {
  const around = await lookAround(deps, items);
  const shown: ShownIdentity[] = [];
  for (const stored of items) {
    const config = await deps.configs.at(stored.poolId, stored.configVersion);
    shown.push(showRecord(config, openIdentity(await vaultFor(deps, stored), stored), around));
  }
  return shown;
}
