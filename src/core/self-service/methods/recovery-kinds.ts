import type { CodeType, NoticeType } from '../../courier/templates.ts';
import type { Profile } from '../../identities/profile.ts';
import type { Channel, Derived, DerivedAddress } from '../../traits/ports.ts';
import type { MessageId } from '../ui/texts.ts';

/** The kinds of flow that find somebody by an address, and send a code there. */
export type AddressKind = 'recovery' | 'verification';

interface Kind {
  readonly template: CodeType;
  /** To an address that nobody has. */
  readonly notice: NoticeType;
  readonly sent: { readonly [K in Channel]: MessageId };
  readonly wrongCode: MessageId;
  addressesOf(derived: Derived): readonly DerivedAddress[];
}

export const ADDRESS_KINDS: { readonly [K in AddressKind]: Kind } = {
  recovery: {
    ...{ template: 'recovery_code_valid', notice: 'recovery_code_invalid', wrongCode: 4060006 },
    sent: { email: 1060003, sms: 1060003 },
    addressesOf: ({ recovery }) => recovery,
  },
  verification: {
    ...{ template: 'verification_code_valid', notice: 'verification_code_invalid', wrongCode: 4070006 },
    sent: { email: 1080003, sms: 1080004 },
    addressesOf: ({ verifiable }) => verifiable,
  },
};

/** Whether somebody has shown that the address is theirs (R4). */
export function isProved({ addresses = [] }: Profile, { via, value }: DerivedAddress): boolean {
  return addresses.some((one) => one.via === via && one.value === value && one.verified === true);
}

/** Whether a record still has an address, as one that a flow of this kind may be about. */
export function hasAddress(kind: AddressKind, derived: Derived, { via, value }: DerivedAddress): boolean {
  return ADDRESS_KINDS[kind].addressesOf(derived).some((one) => one.via === via && one.value === value);
}
