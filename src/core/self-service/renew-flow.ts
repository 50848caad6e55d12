import type { Deps } from '../deps.ts';
import type { PoolId } from '../ports.ts';
import { together, tryAgain } from '../records.ts';
import { createFlowWithin, type NewFlow } from './create-flow.ts';
import type { Flow } from './flow.ts';
import { expiredError, isExpired } from './get-flow.ts';
import type { FlowId, FlowStore } from './ports.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'secrets' | 'records'>;

/**
 * For a submit: lets a flow that has not expired pass; in the place of one that has puts a new one. Submitted again and
 * again, also at once, an expired flow names one and the same new flow for as long as that can be used.
 *
 * @param begin What the new flow is like; its message says that the old one expired (`expiredMessage`).
 * @throws FlowExpired With `useFlowId`.
 */
export async function renewIfExpired(deps: Needs, flow: Flow, begin: () => NewFlow): Promise<void> {
  if (isExpired(deps, flow)) throw expiredError(deps, flow, await putInPlace(deps, flow, begin));
}

/**
 * A new flow in the place of one that has expired or was used up.
 * @returns The flow that stands in its place now.
 */
export function putInPlace(deps: Needs, { poolId, id }: Flow, begin: () => NewFlow): Promise<FlowId> {
  return together(deps, async (tx) => {
    const previous = (await tx.flows.findFlow(poolId, id))?.replacedBy ?? null;
    if (previous !== null && (await isUsable(tx.flows, deps, poolId, previous))) return previous;
    const made = await createFlowWithin(tx, deps, begin());
    const isReplaced = await tx.flows.replaceFlow(poolId, id, { previous, by: made.id });
    // Somebody else did so at the same moment: theirs counts, and ours is undone.
    return isReplaced ? made.id : tryAgain();
  });
}

async function isUsable(
  flows: FlowStore,
  { clock }: Pick<Deps, 'clock'>,
  poolId: PoolId,
  id: FlowId,
): Promise<boolean> {
  const found = await flows.findFlow(poolId, id);
  return found !== null && found.finishedAt === null && found.expiresAt > clock.now();
}
