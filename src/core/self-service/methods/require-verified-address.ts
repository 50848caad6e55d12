import type { IamRecord } from '../../iam/record.ts';
import type { Profile } from '../../identities/profile.ts';
import { isVisible } from '../../identities/visibility.ts';
import { together } from '../../records.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { selfServiceOf } from '../config.ts';
import { type BegunVerification, VerifiedAddressRequired } from '../errors.ts';
import { countSend } from '../send-limit.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { isProved } from './recovery-kinds.ts';
import { addressesToVerify, startVerification } from './verification-start.ts';

/**
 * Whether somebody has to prove an address before they are signed in (contract iam 6.4, "Require-verified-address hook").
 * @param profile As the login leaves it: what was shown may prove one.
 */
export function lacksVerifiedAddress(
  deps: Pick<FlowDeps, 'selfService'>,
  { flow, visitor }: Submission,
  { config, derived }: IamRecord,
  profile: Profile,
): boolean {
  // Whoever is signed in already, or gets back in by an address, is past this.
  if (flow.kind !== 'login' || visitor !== null) return false;
  if (!selfServiceOf(deps, config).hooks.requireVerifiedAddress) return false;
  return !derived.verifiable.some((address) => isProved(profile, address));
}

/**
 * Instead of a session: a verification begins, and its code is on its way. Messages are counted as any that are asked for.
 * @throws VerifiedAddressRequired Always, unless: @throws LockedOut
 */
export async function demandVerifiedAddress(
  deps: FlowDeps,
  submission: Submission,
  record: IamRecord,
): Promise<never> {
  const offered = selfServiceOf(deps, record.config);
  const [address] = addressesToVerify(offered, record);
  if (address === undefined) throw new VerifiedAddressRequired(null);
  await countSend(deps, offered.lockout, {
    ...{ poolId: submission.poolId, vault: submission.flow.vault, purpose: 'verification' },
    ...{ recipient: address.value, address: submission.address },
  });
  throw new VerifiedAddressRequired(await begin(deps, submission, { record, address }));
}

/** @returns Null where they are gone by now, or the address is. */
async function begin(
  deps: FlowDeps,
  submission: Submission,
  { record, address }: { record: IamRecord; address: DerivedAddress },
): Promise<BegunVerification | null> {
  const { poolId, flow } = submission;
  return together(deps, async (tx) => {
    const identity = await tx.identities.findIdentity(poolId, record.stored.id);
    if (identity === null || !isVisible(identity)) return null;
    const notice = sayText(4000010);
    const input = { visit: submission, flow, identity, address, notice };
    const verification = await startVerification(tx, deps, input);
    return { flow: verification, address: address.value };
  });
}
