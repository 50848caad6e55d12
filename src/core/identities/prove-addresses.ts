import type { DerivedAddress } from '../traits/ports.ts';
import { knownAddress, proveAddress } from './addresses.ts';
import type { Profile } from './profile.ts';

/**
 * A profile once a provider outside has vouched for addresses of its person: they are verified for all surfaces (R4).
 *
 * @param proved Of those that traits amount to: no provider gives anybody an address.
 * @returns Null: all of it was known.
 */
export function proveAddresses(
  profile: Profile,
  proved: readonly DerivedAddress[],
  at: Date,
): Profile | null {
  const fresh = proved.filter((one) => !knownAddress(profile, one, at).verified);
  if (fresh.length === 0) return null;
  return fresh.reduce((known, one) => proveAddress(known, one, at), profile);
}
