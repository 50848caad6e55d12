import { NotFound } from '../../errors.ts';
import type { RecordStores } from '../../record-stores.ts';
import { tryAgain } from '../../records.ts';
import { type FlowChange, finishFlow, type PreparedFlow, prepareFinish } from '../change-flow.ts';
import { FlowChanged } from '../errors.ts';
import { type Flow, openFlow } from '../flow.ts';
import { requireUnfinished } from '../get-flow.ts';
import { withoutMessages } from '../ui/messages.ts';
import type { FlowDeps } from '../visit.ts';

type Needs = Pick<FlowDeps, 'clock' | 'secrets' | 'vault'>;
type Stores = Pick<RecordStores, 'flows'>;

/**
 * Uses a flow up as it is by now, as a part of `together`: other submits may have left messages on it since it was read.
 * @param change With a form of its own where verification leaves one behind; else the flow's is kept, without messages.
 * @throws FlowFinished @throws FlowReplaced @throws FlowChanged It expired in between.
 */
export async function useUp(tx: Stores, deps: Needs, flow: Flow, change: FlowChange): Promise<Flow> {
  // Nearly always it is as it was, which saves reading it again.
  const used = await finish(tx, deps, flow, change);
  if (used !== null) return used;
  const now = await getUsable(tx, deps, flow);
  const usedNow = await finish(tx, deps, now, change);
  if (usedNow !== null) return usedNow;
  if (now.expiresAt > deps.clock.now()) return tryAgain();
  throw new FlowChanged();
}

/** As `useUp` of a flow that is as it was read; writes nothing. */
export function prepareUse(deps: Needs, flow: Flow, change: FlowChange): PreparedFlow {
  return prepareFinish(deps, flow, passed(flow, change));
}

function passed({ content }: Flow, change: FlowChange): FlowChange {
  const ui = withoutMessages(content.ui);
  return { state: 'passed_challenge', ...change, content: { ui, ...change.content } };
}

/** @returns Null where it is not as it was read any more: nothing was written. */
async function finish(tx: Stores, deps: Needs, flow: Flow, change: FlowChange): Promise<Flow | null> {
  try {
    return await finishFlow(tx, deps, flow, passed(flow, change));
  } catch (error) {
    if (error instanceof FlowChanged) return null;
    throw error;
  }
}

/** @throws NotFound @throws FlowFinished @throws FlowReplaced @throws FlowChanged It expired before it was ever stored. */
export async function getUsable(
  tx: Stores,
  deps: Pick<Needs, 'vault'>,
  { poolId, id, unstoredKey }: Pick<Flow, 'poolId' | 'id' | 'unstoredKey'>,
): Promise<Flow> {
  const stored = await tx.flows.findFlow(poolId, id);
  if (stored === null) throw unstoredKey === undefined ? new NotFound() : new FlowChanged();
  const vault = deps.vault.held(poolId, stored.configVersion);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, stored.configVersion));
  const flow = openFlow(vault, stored);
  requireUnfinished(flow);
  return flow;
}
