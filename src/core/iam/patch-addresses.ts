import { isSameJson } from '../../kit/same-json.ts';
import { keepAddresses, knownAddress, setAddress } from '../identities/addresses.ts';
import type { Profile } from '../identities/profile.ts';
import type { ImportedVerifiableAddress } from '../traits/addresses.ts';
import type { Derived, DerivedAddress, PhoneNumbers } from '../traits/ports.ts';
import { isSaidOf } from './create-identity.ts';
import type { IamRecord } from './record.ts';

/**
 * What is known of addresses after a patch. Which there are, traits say: a patch says more of those, or, by leaving one
 * out, that nothing is known of it.
 *
 * @param input.after Of the traits after the patch.
 * @param input.said Every verifiable address that the patched document has.
 */
export function patchAddresses(
  phones: PhoneNumbers,
  { derived: before, profile: old, stored }: IamRecord,
  input: { profile: Profile; after: Derived; said: readonly ImportedVerifiableAddress[] },
  now: Date,
): Profile {
  const { after, said } = input;
  let profile = keepAddresses(input.profile, { before, after }, now);
  for (const address of after.verifiable) {
    const found = said.find((one) => isSaidOf(phones, one, address));
    const isNew = !before.verifiable.some((one) => isSameJson(one, address));
    if (found === undefined && isNew) continue;
    const known = knownFacts(old, address, stored.createdAt);
    const next = found === undefined ? UNKNOWN : factsOf(found, known, now);
    if (isSameJson(known, next)) continue;
    profile = setAddress(profile, address, { ...next, updatedAt: now.toISOString() });
  }
  return profile;
}

interface Facts {
  readonly verified: boolean;
  readonly status: 'pending' | 'sent' | 'completed';
  readonly verifiedAt?: string;
}

const UNKNOWN: Facts = { verified: false, status: 'pending' };

function knownFacts(profile: Profile, address: DerivedAddress, since: Date): Facts {
  const { verified, status, verifiedAt } = knownAddress(profile, address, since);
  return { verified, status, ...(verifiedAt === null ? {} : { verifiedAt: verifiedAt.toISOString() }) };
}

/** The status follows `verified` unless it is said itself; so does the time, which there is of verified ones only. */
function factsOf(
  { verified, status, verifiedAt }: ImportedVerifiableAddress,
  known: Facts,
  now: Date,
): Facts {
  const follows = verified !== known.verified && (status === undefined || status === known.status);
  const next = follows || status === undefined ? (verified ? 'completed' : 'pending') : status;
  const at = verifiedAt ?? now;
  return { verified, status: next, ...(verified ? { verifiedAt: at.toISOString() } : {}) };
}
