import { normaliseEmail } from '../../kit/normalise.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import type { Profile } from '../identities/profile.ts';
import { proveAddresses } from '../identities/prove-addresses.ts';
import type { PoolConfig } from '../pools/ports.ts';

interface Owner {
  readonly schemaId: string;
  readonly profile: Profile;
}

/**
 * The profile once somebody's provider has vouched for their e-mail address (R4).
 * @returns Null where nothing changes: it is verified already, or no verifiable address of theirs.
 */
export function withProvedEmail(
  config: PoolConfig,
  { schemaId, profile }: Owner,
  email: string,
  at: Date,
): Profile | null {
  const value = normaliseEmail(email);
  const { verifiable } = derivedOf(config, { schemaId, traits: profile.traits });
  const theirs = verifiable.filter((one) => one.via === 'email' && one.value === value);
  return proveAddresses(profile, theirs, at);
}
