import { attempt, channelsOf, claimMessage, type DispatchDeps } from '../core/courier/dispatch.ts';
import type { PoolId } from '../core/ports.ts';
import type { Job } from './periodic.ts';

const EVERY_MS = 500;
/** Messages that this process sends at once. */
const WORKERS_MAX = 8;
const CLEAN_UP_EVERY_MS = 10 * 60 * 1000;
/** Rows a statement: none of them may run long. */
const BATCH = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface CourierJob extends Job {
  /** Begins nothing new, waits so long for what is being sent, and drops the rest: it is sent again elsewhere. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Sends what is due. A run finds the pools and wakes workers, which take one message at a time, of each pool in its turn:
 * a pool with many keeps no other one waiting, and one that is sent slowly only its worker. Several processes may do
 * this at once: messages are claimed in the database.
 *
 * @param onFault Told of what is a fault of ours, or of what we stand on; the message is tried again.
 */
export function createCourierJob(deps: DispatchDeps, onFault: (error: unknown) => void): CourierJob {
  // A set keeps its order: who comes first is taken first, and nobody stands in it twice.
  const waiting = new Set<PoolId>();
  const workers = new Set<Promise<void>>();
  const abort = new AbortController();
  let stopped = false;
  /** Messages taken so far. */
  let progress = 0;

  const sendNext = async (poolId: PoolId): Promise<void> => {
    const claimed = await claimMessage(deps, poolId);
    if (claimed === 'none') return;
    progress += 1;
    waiting.add(poolId);
    if (claimed === 'gone') return;
    wake();
    const settlement = await attempt(deps, claimed, { signal: abort.signal, onFault });
    if (settlement !== null) await deps.courier.settleMessage(poolId, settlement);
  };
  const work = async (): Promise<void> => {
    while (!stopped) {
      const [poolId] = waiting;
      if (poolId === undefined) return;
      waiting.delete(poolId);
      await sendNext(poolId).catch(onFault);
    }
  };
  const wake = (): void => {
    if (stopped || workers.size >= WORKERS_MAX || waiting.size === 0) return;
    const worker = work().finally(() => workers.delete(worker));
    workers.add(worker);
  };
  const run = async (): Promise<void> => {
    const channels = channelsOf(deps.transports);
    if (stopped || channels.length === 0) return;
    for (const poolId of await deps.courier.listPoolsWithDue(deps.clock.now(), channels)) {
      waiting.add(poolId);
      wake();
    }
  };
  const workersEnd = async (): Promise<void> => {
    while (workers.size > 0) await Promise.all(workers);
  };

  return {
    name: 'courier',
    everyMs: EVERY_MS,
    run,
    async settled() {
      for (let before = -1; before < progress; ) {
        before = progress;
        await run();
        await workersEnd();
      }
    },
    async stop(graceMs) {
      stopped = true;
      const timer = setTimeout(() => abort.abort(), graceMs);
      await workersEnd();
      clearTimeout(timer);
    },
  };
}

/** Removes messages, with their attempts, so many days after they ended. Safe in several processes at once. */
export function createCourierCleanUp(
  { courier, clock }: Pick<DispatchDeps, 'courier' | 'clock'>,
  { keptDays }: { readonly keptDays: number },
): Job {
  return {
    name: 'courier-clean-up',
    everyMs: CLEAN_UP_EVERY_MS,
    async run() {
      const by = new Date(clock.now().getTime() - keptDays * DAY_MS);
      for (const poolId of await courier.listPoolsWithEnded(by)) {
        while ((await courier.removeEnded(poolId, by, BATCH)) === BATCH);
      }
    },
  };
}
