import type { CodeType, LinkType, NoticeType } from '../../courier/templates.ts';
import type { Profile } from '../../identities/profile.ts';
import type { Channel, Derived, DerivedAddress } from '../../traits/ports.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { MessageId } from '../ui/texts.ts';
import { type Submission, textOf } from '../visit.ts';

/** The kinds of flow that find somebody by an address, and send a code there. */
export type AddressKind = 'recovery' | 'verification';

type Offered = Pick<SelfServiceConfig, 'methods'>;

/** How somebody shows that an address is theirs. */
export type AddressProof = 'code' | 'link';

interface Kind {
  readonly template: CodeType;
  /** To an address that nobody has. */
  readonly notice: NoticeType;
  readonly sent: { readonly [K in Channel]: MessageId };
  readonly wrongCode: MessageId;
  /** Of links in the place of codes: those go to mailboxes only. */
  readonly link: {
    readonly template: LinkType;
    readonly notice: NoticeType;
    readonly sent: MessageId;
  };
  addressesOf(derived: Derived): readonly DerivedAddress[];
}

export const ADDRESS_KINDS: { readonly [K in AddressKind]: Kind } = {
  recovery: {
    ...{ template: 'recovery_code_valid', notice: 'recovery_code_invalid', wrongCode: 4060006 },
    sent: { email: 1060003, sms: 1060003 },
    link: { template: 'recovery_valid', notice: 'recovery_invalid', sent: 1060002 },
    addressesOf: ({ recovery }) => recovery,
  },
  verification: {
    ...{ template: 'verification_code_valid', notice: 'verification_code_invalid', wrongCode: 4070006 },
    sent: { email: 1080003, sms: 1080004 },
    link: { template: 'verification_valid', notice: 'verification_invalid', sent: 1080001 },
    addressesOf: ({ verifiable }) => verifiable,
  },
};

/** What is sent where nobody says what. */
export function proofOffered({ methods }: Offered): AddressProof {
  return methods.link.enabled ? 'link' : 'code';
}

/** What a submit asks for; null where that is not offered. */
export function proofWanted({ methods }: Offered, submission: Pick<Submission, 'body'>): AddressProof | null {
  const method = textOf(submission, 'method');
  return (method === 'code' || method === 'link') && methods[method].enabled ? method : null;
}

/** Whether somebody has shown that the address is theirs (R4). */
export function isProved({ addresses = [] }: Profile, { via, value }: DerivedAddress): boolean {
  return addresses.some((one) => one.via === via && one.value === value && one.verified === true);
}

/** Whether a record still has an address, as one that a flow of this kind may be about. */
export function hasAddress(kind: AddressKind, derived: Derived, { via, value }: DerivedAddress): boolean {
  return ADDRESS_KINDS[kind].addressesOf(derived).some((one) => one.via === via && one.value === value);
}
