import type { Channel, Derived } from '../traits/ports.ts';
import type { SelfServiceConfig } from './config.ts';

/** Where a code may go. */
export interface CodeAddress {
  /** Normalised. */
  readonly identifier: string;
  readonly via: Channel;
}

/** The address that a code is sent to for this identifier, with which its person may sign in; null: there is none. */
export function codeAddress(
  { identifiers }: Pick<Derived, 'identifiers'>,
  identifier: string,
): CodeAddress | null {
  return addressesOf({ identifiers }).find((one) => one.identifier === identifier) ?? null;
}

/** Where a second factor may be sent; nowhere as long as codes are none. @see Contract iam 5, "AAL available". */
export function secondFactorAddresses(
  { methods: { code } }: Pick<SelfServiceConfig, 'methods'>,
  derived: Pick<Derived, 'identifiers'>,
): CodeAddress[] {
  return code.enabled && code.mfa ? addressesOf(derived) : [];
}

function addressesOf({ identifiers }: Pick<Derived, 'identifiers'>): CodeAddress[] {
  return identifiers.flatMap(({ type, value, via }) =>
    type === 'code' && via !== undefined ? [{ identifier: value, via }] : [],
  );
}
