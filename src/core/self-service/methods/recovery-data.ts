import type { DerivedAddress } from '../../traits/ports.ts';
import type { Flow } from '../flow.ts';

/** Stands for an address where an administrator was given the code: no address looks like it. */
export const ADMINISTRATOR = 'administrator';

/** What recovery and verification keep between asking for an address and for the code. */
export interface RecoveryData {
  /** Where the last code went, normalised. */
  readonly sentTo?: DerivedAddress;
  /** An administrator was given the code instead. */
  readonly isByAdministrator?: true;
  readonly [name: string]: unknown;
}

/** @returns Null before a code was sent, where an administrator has it, and once the flow is finished. */
export function sentToOf({ content }: Pick<Flow, 'content'>): DerivedAddress | null {
  return (content.data as RecoveryData).sentTo ?? null;
}

/** Whether an administrator made the flow: then it belongs to no browser, and the code is the only proof. */
export function isByAdministrator({ content }: Pick<Flow, 'content'>): boolean {
  return (content.data as RecoveryData).isByAdministrator === true;
}
