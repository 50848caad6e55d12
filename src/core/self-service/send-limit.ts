import type { PoolId, PoolVault } from '../ports.ts';
import type { LockoutPolicy } from './config.ts';
import { checkAllowed, clearFailures, recordFailure } from './lockout.ts';
import type { FlowDeps } from './visit.ts';

/** A message with a code or a link, which somebody asked for without having proved anything. */
export interface Send {
  readonly poolId: PoolId;
  readonly vault: PoolVault;
  /** Default: to sign in or up. Each has a count of its own, apart from guesses at the same identifier. */
  readonly purpose?: 'recovery' | 'verification';
  /** Normalised. Whether anybody has it makes no difference. */
  readonly recipient: string;
  /** Network address of who asks; default: it is not counted. */
  readonly address?: string;
}

/** Of the column that failures are counted in. */
const COUNT_MAX = 2 ** 31 - 1;

type Needs = Pick<FlowDeps, 'lockouts' | 'clock'>;

/**
 * Counts a message that is about to be sent, so that nobody's mailbox is filled by asking again and again, and nobody
 * gets ever more codes to guess at: as many to one address as may fail there within the window. Counted before it is
 * judged: of any number at once no more get through.
 *
 * @throws LockedOut Too many to this address, or asked for from this network.
 */
export async function countSend(deps: Needs, policy: LockoutPolicy, send: Send): Promise<void> {
  const attempt = attemptOf(send);
  await recordFailure(deps, policy, attempt);
  const { perIdentifierMax, perAddressMax } = policy;
  // As many as may be sent are not too many.
  const max = { perIdentifierMax: perIdentifierMax + 1, perAddressMax: perAddressMax + 1 };
  await checkAllowed(deps, { ...policy, ...max }, attempt);
}

/** After what was sent has proved its address: that begins anew. */
export async function forgetSends(deps: Needs, policy: LockoutPolicy, send: Send): Promise<void> {
  // No more than may be were sent, however many were asked for.
  await clearFailures(deps, { ...policy, perIdentifierMax: COUNT_MAX }, attemptOf(send));
}

function attemptOf({ poolId, vault, purpose, recipient, address }: Send) {
  return { poolId, vault, identifier: `${purpose ?? 'send'}:${recipient}`, address: address ?? null };
}
