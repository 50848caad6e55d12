import { OIDC, SAML } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { claimOf } from '../identities/claims.ts';
import type { Identifier, StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { PoolId, PoolVault } from '../ports.ts';
import { identifierSpaceOf, normaliseIdentifier } from '../traits/normalise-identifier.ts';
import { hasIdentifier } from './identifiers.ts';
import type { IamRows } from './ports.ts';
import { type IamRecord, openIamRecord } from './record.ts';

/**
 * Identities that have a whole identifier, as it would be typed: by their claims, in the order of their ids. At most
 * three, since an account at one provider may be another person's at a provider of another kind.
 */
export async function findByIdentifier(
  deps: Pick<Deps, 'configs' | 'identities' | 'phones' | 'vault'>,
  { poolId, vault }: { poolId: PoolId; vault: PoolVault },
  text: string,
  { after, offset, limit }: IamRows,
): Promise<IamRecord[]> {
  const holders = await Promise.all(
    identifiersIn(deps, text).map((one) => deps.identities.findByClaim(poolId, claimOf(vault, one))),
  );
  const byId = new Map(holders.filter(isThere).map((stored) => [stored.id, stored]));
  const visible = [...byId.values()]
    .filter((stored) => isVisible(stored) && (after === null || stored.id > after))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const records = await Promise.all(visible.map((stored) => openIamRecord(deps, stored)));
  // An address that nobody logs in with is claimed as well, and is no identifier.
  return records.filter((record) => hasIdentifier(deps, record, text)).slice(offset, offset + limit);
}

/** Whatever the text may be: normalised where traits say it, as it is where another provider does. */
function identifiersIn({ phones }: Pick<Deps, 'phones'>, text: string): Identifier[] {
  const value = normaliseIdentifier(phones, text);
  const accounts = text.includes(':') ? [OIDC, SAML].map((space) => ({ space, value: text })) : [];
  return [...(value === null ? [] : [{ space: identifierSpaceOf(value), value }]), ...accounts];
}

function isThere(stored: StoredIdentity | null): stored is StoredIdentity {
  return stored !== null;
}
