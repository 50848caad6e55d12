import type { Channel, Derived, DerivedAddress } from '../traits/ports.ts';
import type { Profile, StoredAddress } from './profile.ts';

/** What is known of an address of an identity; what traits amount to says which there are. */
export interface KnownAddress extends DerivedAddress {
  readonly verified: boolean;
  readonly status: 'pending' | 'sent' | 'completed';
  readonly verifiedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

function isSame(one: DerivedAddress, other: DerivedAddress): boolean {
  return one.via === other.via && one.value === other.value;
}

/** @param since Of the record: an address that nothing was stored of is as old as that. */
export function knownAddress(profile: Profile, address: DerivedAddress, since: Date): KnownAddress {
  const stored = profile.addresses?.find((one) => isSame(one, address));
  const { verified = false, verifiedAt, createdAt, updatedAt } = stored ?? {};
  const made = createdAt === undefined ? since : new Date(createdAt);
  return {
    ...{ via: address.via, value: address.value, verified },
    status: stored?.status ?? (verified ? 'completed' : 'pending'),
    verifiedAt: verifiedAt === undefined ? null : new Date(verifiedAt),
    createdAt: made,
    updatedAt: updatedAt === undefined ? made : new Date(updatedAt),
  };
}

/** Says more of an address, or takes it back. */
export function setAddress(
  profile: Profile,
  address: { via: Channel; value: string },
  change: Omit<StoredAddress, 'via' | 'value' | 'createdAt'> & { updatedAt: string },
): Profile {
  const old = profile.addresses ?? [];
  const known = old.find((one) => isSame(one, address));
  const { via, value } = address;
  const created = known?.createdAt === undefined ? {} : { createdAt: known.createdAt };
  const next: StoredAddress = { via, value, ...created, ...change };
  return { ...profile, addresses: [...old.filter((one) => one !== known), next] };
}

/** An address was proved to be the person's, on whichever surface (R4). */
export function proveAddress(profile: Profile, address: { via: Channel; value: string }, at: Date): Profile {
  const when = at.toISOString();
  return setAddress(profile, address, {
    verified: true,
    status: 'completed',
    verifiedAt: when,
    updatedAt: when,
  });
}

/**
 * What is kept of addresses when traits change: nothing of those that are gone, and since when of those that are new.
 */
export function keepAddresses(
  profile: Profile,
  { before, after }: { before: Derived; after: Derived },
  at: Date,
): Profile {
  const old = [...before.verifiable, ...before.recovery];
  const now = [...after.verifiable, ...after.recovery];
  const kept = (profile.addresses ?? []).filter((one) => now.some((address) => isSame(address, one)));
  const added = now.filter(
    (address, index) =>
      !old.some((one) => isSame(one, address)) &&
      !kept.some((one) => isSame(one, address)) &&
      now.findIndex((one) => isSame(one, address)) === index,
  );
  if (added.length === 0 && kept.length === (profile.addresses ?? []).length) return profile;
  const createdAt = at.toISOString();
  const addresses = [...kept, ...added.map(({ via, value }) => ({ via, value, createdAt }))];
  const { addresses: _, ...rest } = profile;
  return addresses.length === 0 ? rest : { ...rest, addresses };
}
