import { normaliseAddress } from './normalise-identifier.ts';
import type { Channel, DerivedAddress, PhoneNumbers } from './ports.ts';

/** Where somebody can recover an account. */
export interface RecoveryAddress<Id extends string = string> {
  readonly id: Id;
  readonly via: Channel;
  /** Normalised. */
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VerifiableAddress<Id extends string = string> extends RecoveryAddress<Id> {
  readonly verified: boolean;
  readonly status: 'pending' | 'sent' | 'completed';
  /** Null unless it has been verified. */
  readonly verifiedAt: Date | null;
}

/** What the creator of an identity says of an address that traits hold (contract iam 4.1). */
export interface ImportedVerifiableAddress {
  readonly value: string;
  /** `email` when it is left out. */
  readonly via?: Channel;
  readonly verified: boolean;
  /** `completed` when it is verified, else `pending`. */
  readonly status?: VerifiableAddress['status'];
  /** Now, when it is left out; nothing where `verified` is false. */
  readonly verifiedAt?: Date;
}

interface Deps<Id extends string> {
  readonly phones: PhoneNumbers;
  readonly now: Date;
  readonly newId: () => Id;
}

/**
 * The verifiable addresses that an identity has with its new traits: one for each that the traits amount to, in their
 * order. An address that it had already stays what it is, down to its id; what is gone from the traits is gone; a new
 * one is pending, unless an import says more of it. Imports of addresses that the traits do not amount to are
 * dropped.
 */
export function keepVerifiableAddresses<Id extends string>(
  { phones, now, newId }: Deps<Id>,
  input: {
    readonly old: readonly VerifiableAddress<Id>[];
    readonly derived: readonly DerivedAddress[];
    readonly imported?: readonly ImportedVerifiableAddress[];
  },
): VerifiableAddress<Id>[] {
  return input.derived.map((address) => {
    const kept = input.old.find((one) => isSame(phones, one, address));
    if (kept !== undefined) return kept;
    const said = input.imported?.find(({ via = 'email', value }) => isSame(phones, { via, value }, address));
    const verified = said?.verified ?? false;
    return {
      id: newId(),
      ...address,
      verified,
      status: said?.status ?? (verified ? 'completed' : 'pending'),
      verifiedAt: verified ? (said?.verifiedAt ?? now) : null,
      createdAt: now,
      updatedAt: now,
    };
  });
}

/** The same of recovery addresses. Importing one adds nothing to what the traits say, so there is nothing to import. */
export function keepRecoveryAddresses<Id extends string>(
  { phones, now, newId }: Deps<Id>,
  input: { readonly old: readonly RecoveryAddress<Id>[]; readonly derived: readonly DerivedAddress[] },
): RecoveryAddress<Id>[] {
  return input.derived.map((address) => {
    const kept = input.old.find((one) => isSame(phones, one, address));
    return kept ?? { id: newId(), ...address, createdAt: now, updatedAt: now };
  });
}

/** By channel and normal form; an address of the format `no-validate` has none, and is compared as it is. */
function isSame(phones: PhoneNumbers, one: DerivedAddress, derived: DerivedAddress): boolean {
  if (one.via !== derived.via) return false;
  return one.value.trim() === derived.value || normaliseAddress(phones, one.via, one.value) === derived.value;
}
