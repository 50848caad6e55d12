import type { DerivedAddress } from '../../traits/ports.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import type { AddressKind } from './recovery-kinds.ts';

interface Message {
  readonly kind: AddressKind;
  readonly to: DerivedAddress;
}

/**
 * Before a message to an address, whether or not anybody has it. It counts like a failure: whoever asks has proved
 * nothing, each message is a nuisance, and each brings five guesses.
 *
 * @throws LockedOut Too many to this address, or asked for from this network.
 */
export async function countMessage(deps: FlowDeps, submission: Submission, message: Message): Promise<void> {
  const attempt = attemptOf(submission, message);
  await checkAllowed(deps, deps.selfService.lockout, attempt);
  await recordFailure(deps, deps.selfService.lockout, attempt);
}

/**
 * After a right code, before what it buys: its address begins anew.
 * @throws LockedOut More messages were asked for at once than may be: the code may be one of a volley of guesses.
 */
export function forgetMessages(deps: FlowDeps, submission: Submission, message: Message): Promise<void> {
  const { lockout } = deps.selfService;
  // As many as may be sent are not too many.
  const policy = { ...lockout, perIdentifierMax: lockout.perIdentifierMax + 1 };
  return clearFailures(deps, policy, attemptOf(submission, message));
}

function attemptOf({ flow, poolId, address }: Submission, { kind, to }: Message): Attempt {
  return { poolId, vault: flow.vault, identifier: `${kind}:${to.value}`, address };
}
