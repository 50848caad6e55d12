import { accountIdentifier, OIDC, type OidcAccount } from '../../credentials/credentials.ts';
import { type IamRecord, openIamRecord } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import type { Profile } from '../../identities/profile.ts';
import { proveAddresses } from '../../identities/prove-addresses.ts';
import { isVisible } from '../../identities/visibility.ts';
import { mapClaims, verifiedAddresses } from '../../oidc/map-claims.ts';
import { normaliseAddress } from '../../traits/normalise-identifier.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import type { Arrival } from '../arrival.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import type { Method } from './begin-session.ts';

type Shown = Pick<Arrival, 'provider' | 'account'>;

/** An account as an identity keeps it. */
export function accountOf({ provider, account }: Shown): OidcAccount {
  return { provider: provider.id, subject: account.subject, tokens: account.tokens };
}

export function methodOf({ provider }: Pick<Shown, 'provider'>): Method {
  return { method: 'oidc', aal: 'aal1', provider: provider.id };
}

/** Whose account it is. Null: nobody's, or nobody's that is here. */
export async function findByAccount(
  deps: FlowDeps,
  { poolId, flow }: Submission,
  shown: Shown,
): Promise<IamRecord | null> {
  const claim = claimOf(flow.vault, { space: OIDC, value: accountIdentifier(accountOf(shown)) });
  const stored = await deps.identities.findByClaim(poolId, claim);
  if (stored === null || !isVisible(stored)) return null;
  const record = await openIamRecord(deps, stored);
  return hasAccount(record, shown) ? record : null;
}

export function hasAccount({ credentials }: IamRecord, { provider, account }: Shown): boolean {
  const accounts = credentials.oidc?.providers ?? [];
  return accounts.some((one) => one.provider === provider.id && one.subject === account.subject);
}

/** Of some addresses those that the provider has seen to be the person's (R4). */
export function provedAddresses(
  { phones }: Pick<FlowDeps, 'phones'>,
  { provider, account }: Shown,
  { fields, addresses }: { fields: readonly { name: string }[]; addresses: readonly DerivedAddress[] },
): DerivedAddress[] {
  const mapped = mapClaims(provider.mapping, account.claims, fields);
  return verifiedAddresses(mapped, addresses, (via, text) => normaliseAddress(phones, via, text));
}

/** A record's profile with what an account proves beyond what is known; null: nothing. */
export function provedProfile(
  deps: Pick<FlowDeps, 'clock' | 'phones'>,
  { config, stored, derived, profile }: IamRecord,
  shown: Shown,
): Profile | null {
  const fields = config.schemas.get(stored.schemaId)?.compiled().fields ?? [];
  const proved = provedAddresses(deps, shown, { fields, addresses: derived.verifiable });
  return proveAddresses(profile, proved, deps.clock.now());
}
