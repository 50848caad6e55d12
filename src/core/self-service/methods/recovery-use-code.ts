import type { IdentityId } from '../../ports.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { offerOf } from '../begin-flow.ts';
import { useCode } from '../codes.ts';
import { checkAllowed, recordFailure } from '../lockout.ts';
import type { Outcome, Stayed } from '../outcome.ts';
import { forgetSends } from '../send-limit.ts';
import { refuse, refuseMethod, refuseWith } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { TOO_MANY } from './login-code-steps.ts';
import { ADMINISTRATOR, isByAdministrator, sentToOf } from './recovery-data.ts';
import { ADDRESS_KINDS, type AddressKind, type AddressProof } from './recovery-kinds.ts';

/** Whose address it is that a code, or a link, was sent to. */
export interface Proved {
  readonly identityId: IdentityId;
  /** Where it had been sent; null: an administrator was given it. */
  readonly address: DerivedAddress | null;
}

/**
 * Uses up the code of a recovery or a verification.
 *
 * @returns What the code proves; or, where it proves nothing, what the submit ends in.
 * @throws LockedOut Too many wrong ones from this network, or too many messages at once.
 */
export async function proveByCode(
  deps: FlowDeps,
  submission: Submission,
  kind: AddressKind,
  code: string,
): Promise<Proved | { readonly ended: Outcome }> {
  const { flow, poolId, address: client } = submission;
  const address = sentToOf(flow);
  if (address === null && !isByAdministrator(flow)) return { ended: await refuseMethod(deps, submission) };
  const { offered } = await offerOf(deps, submission);
  const { lockout, codes } = offered;
  const attempt = { poolId, vault: flow.vault, identifier: null, address: client };
  await checkAllowed(deps, lockout, attempt);
  const tried = await useCode(deps, {
    ...{ flow, purpose: kind, code, submissionsMax: codes.submissionsMax },
    addresses: [address?.value ?? ADMINISTRATOR],
  });
  // Nobody was told a code without an owner: whoever has it guessed it.
  if (tried.outcome === 'used' && tried.identityId !== null) {
    if (address !== null)
      await forgetSends(deps, lockout, { ...attempt, purpose: kind, recipient: address.value });
    return { identityId: tried.identityId, address };
  }
  await recordFailure(deps, lockout, attempt);
  if (tried.outcome !== 'too_many') return { ended: await wrongCode(deps, submission, kind) };
  return { ended: await refuseWith(deps, submission, [TOO_MANY], 'code') };
}

/** What a wrong code ends in: the flow goes on, and is shown with a message (contract iam 6.4). */
export async function wrongCode(deps: FlowDeps, submission: Submission, kind: AddressKind): Promise<Stayed> {
  const texts = [sayText(ADDRESS_KINDS[kind].wrongCode)];
  return { ...(await refuseWith(deps, submission, texts, 'code')), as: 'accepted' };
}

/** Says which field is missing. */
export function refuseMissing(deps: FlowDeps, submission: Submission, proof: AddressProof): Promise<Stayed> {
  const wantsAddress = proof === 'link' || submission.flow.state === 'choose_method';
  const property = wantsAddress ? 'email' : 'code';
  return refuse(deps, submission, (ui) => withNodeMessage(ui, property, sayText(4000002, { property })));
}
