import { hasSecondFactor } from '../credentials/second-factors.ts';
import { credentialsOf, type OpenedIdentity } from '../identities/view.ts';
import { AssuranceTooLow } from './errors.ts';
import type { AssuranceLevel, StoredSession } from './ports.ts';

/** `highest_available`: the second factor of whoever has one. */
export type RequiredAssurance = Exclude<AssuranceLevel, 'aal0'> | 'highest_available';

interface Assured {
  readonly session: Pick<StoredSession, 'aal'>;
  readonly identity: Pick<OpenedIdentity, 'stored' | 'key'>;
}

/**
 * Whether a session shows enough for what is asked of it. Opens credentials only where they decide: of a session with
 * one factor whose identity has credentials.
 */
export function isAssured({ session, identity }: Assured, required: RequiredAssurance): boolean {
  if (session.aal === 'aal0') return false;
  if (session.aal === 'aal2' || required === 'aal1') return true;
  return required !== 'aal2' && !hasSecondFactor(credentialsOf(identity));
}

/** @throws AssuranceTooLow @see Contract iam 6.5, whoami. */
export function requireAssurance(owned: Assured, required: RequiredAssurance): void {
  if (!isAssured(owned, required)) throw new AssuranceTooLow();
}
