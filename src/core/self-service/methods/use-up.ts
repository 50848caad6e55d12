import { NotFound } from '../../errors.ts';
import type { RecordStores } from '../../record-stores.ts';
import { tryAgain } from '../../records.ts';
import { type FlowChange, finishFlow } from '../change-flow.ts';
import { FlowChanged } from '../errors.ts';
import { type Flow, openFlow } from '../flow.ts';
import { requireUnfinished } from '../get-flow.ts';
import { withoutMessages } from '../ui/messages.ts';
import type { FlowDeps } from '../visit.ts';

/**
 * Uses a flow up as it is by now, as a part of `together`: other submits may have left messages on it since it was read.
 * @throws FlowFinished @throws FlowReplaced @throws FlowChanged It expired in between.
 */
export async function useUp(
  tx: Pick<RecordStores, 'flows'>,
  deps: Pick<FlowDeps, 'clock' | 'secrets' | 'vault'>,
  { poolId, id }: Pick<Flow, 'poolId' | 'id'>,
  change: FlowChange,
): Promise<Flow> {
  const stored = await tx.flows.findFlow(poolId, id);
  if (stored === null) throw new NotFound();
  const vault = deps.vault.held(poolId, stored.configVersion);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, stored.configVersion));
  const flow = openFlow(vault, stored);
  requireUnfinished(flow);
  const ui = withoutMessages(flow.content.ui);
  try {
    return await finishFlow(tx, deps, flow, {
      state: 'passed_challenge',
      ...change,
      content: { ui, ...change.content },
    });
  } catch (error) {
    if (error instanceof FlowChanged && flow.expiresAt > deps.clock.now()) return tryAgain();
    throw error;
  }
}
