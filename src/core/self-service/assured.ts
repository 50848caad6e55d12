import type { Deps } from '../deps.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import { isAssured } from '../sessions/assurance.ts';
import { AssuranceTooLow } from '../sessions/errors.ts';
import type { StoredSession } from '../sessions/ports.ts';
import type { Offer } from './begin-flow.ts';
import { secondFactorAddresses } from './code-addresses.ts';
import { selfServiceOf } from './config.ts';

interface Owned {
  readonly session: Pick<StoredSession, 'aal'>;
  readonly identity: Pick<OpenedIdentity, 'stored' | 'key' | 'profile'>;
}

/** What a session is to be enough for. */
export type Purpose = 'whoamiAal' | 'settingsAal';

/**
 * Whether a session shows as many factors as the pool wants of its person for this. Where codes are a second factor,
 * everybody who can be sent one has one.
 *
 * @see Contract iam 5, "AAL available to an identity"; 6.5, whoami.
 */
export function isAssuredFor(owned: Owned, { config, offered }: Offer, purpose: Purpose): boolean {
  const required = offered.sessions[purpose];
  if (!isAssured(owned, required)) return false;
  const { session, identity } = owned;
  if (session.aal === 'aal2' || required !== 'highest_available' || !offered.methods.code.mfa) return true;
  const { stored, profile } = identity;
  const derived = derivedOf(config, { schemaId: stored.schemaId, traits: profile?.traits ?? {} });
  return secondFactorAddresses(offered, derived).length === 0;
}

/**
 * By the pool's settings as of when the session was read, or later, which costs no look into the database.
 * @throws AssuranceTooLow
 */
export async function requireAssuranceInPool(
  deps: Pick<Deps, 'configs' | 'selfService'>,
  owned: Owned,
  purpose: Purpose,
): Promise<void> {
  const { poolId, configVersion } = owned.identity.stored;
  const config = deps.configs.held(poolId, configVersion) ?? (await deps.configs.at(poolId, configVersion));
  requireAssuranceFor(owned, { config, offered: selfServiceOf(deps, config) }, purpose);
}

/** @throws AssuranceTooLow */
export function requireAssuranceFor(owned: Owned, offer: Offer, purpose: Purpose): void {
  if (!isAssuredFor(owned, offer, purpose)) throw new AssuranceTooLow();
}
