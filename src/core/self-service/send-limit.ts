import type { PoolId, PoolVault } from '../ports.ts';
import type { LockoutPolicy } from './config.ts';
import { checkAllowed, recordFailure } from './lockout.ts';
import type { FlowDeps } from './visit.ts';

/**
 * Counts a code that is about to be sent, so that nobody's mailbox is filled by asking again and again: as many to one
 * address as may fail there within the window. Counted before it is judged: of any number at once no more get through.
 *
 * @param input.recipient Normalised.
 * @throws LockedOut
 */
export async function countSend(
  deps: Pick<FlowDeps, 'lockouts' | 'clock'>,
  policy: LockoutPolicy,
  input: { readonly poolId: PoolId; readonly vault: PoolVault; readonly recipient: string },
): Promise<void> {
  const { poolId, vault, recipient } = input;
  // Apart from guesses at the same identifier, and where it is asked from does not matter.
  const attempt = { poolId, vault, identifier: `send:${recipient}`, address: null };
  await recordFailure(deps, policy, attempt);
  await checkAllowed(deps, { ...policy, perIdentifierMax: policy.perIdentifierMax + 1 }, attempt);
}
