import type { ClaimedCase } from '../core/kyc/case-ports.ts';
import { sweepCases } from '../core/kyc/sweep-cases.ts';
import { type CaseWorkNeeds, workOnCase } from '../core/kyc/work-on-case.ts';
import type { PoolId } from '../core/ports.ts';
import type { Job } from './periodic.ts';

const EVERY_MS = 500;
const SWEEP_EVERY_MS = 10 * 60_000;
/** Cases of one pool at once, and pools at once: each case may hold a file and a picture in memory. */
const CASES_AT_ONCE = 4;
const POOLS_AT_ONCE = 4;
/** Cases of one pool before it is the turn of the next. */
const TURN_MAX = 16;
/** A run that is longer hands out no second turns: it ends, so that a server that stops need not wait for it. */
const TURNS_MS = 10_000;
/** Whoever works on a case longer than this counts as gone. */
const LEASE_MS = 15 * 60_000;
/** A provider that has not answered by then is asked again later. Below the lease. */
const PATIENCE_MS = 10 * 60_000;

/** A provider does not answer. What it may still say comes too late. */
class ProviderSilent extends Error {
  constructor() {
    super('a KYC provider did not answer in time');
  }
}

/**
 * Asks providers about cases whose task is due. Cases are claimed in the database, so that several processes share the
 * work; what a process that died was working on is taken over when its lease is over. A case is claimed when its turn
 * has come: none spends its lease waiting for others. A pool whose provider fails is left until the next run, while others
 * get further turns, so that a provider that hangs keeps no more than its own cases waiting.
 *
 * @param onFault Told of each task that failed; it is tried again later.
 */
export function createKycJob(deps: CaseWorkNeeds, onFault: (error: unknown) => void): Job {
  /** @returns Whether it came to its end. */
  const workOn = async (claimed: ClaimedCase): Promise<boolean> => {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new ProviderSilent()), PATIENCE_MS);
    try {
      await Promise.race([workOnCase(deps, claimed), silence]);
      return true;
    } catch (error) {
      onFault(error);
      return false;
    } finally {
      clearTimeout(timer);
    }
  };
  const claimOne = async (poolId: PoolId): Promise<ClaimedCase | undefined> => {
    const now = deps.clock.now();
    const leaseUntil = new Date(now.getTime() + LEASE_MS);
    const [claimed] = await deps.cases.claimTasks(poolId, {
      now,
      leaseUntil,
      claim: deps.ids.next(),
      limit: 1,
    });
    return claimed;
  };
  /** One turn. @returns How many cases there were. */
  const workOnPool = async (poolId: PoolId): Promise<number> => {
    let [begun, done, goesOn] = [0, 0, true];
    await inLanes(CASES_AT_ONCE, async () => {
      if (!goesOn || begun >= TURN_MAX) return false;
      begun += 1;
      const claimed = await claimOne(poolId);
      if (claimed !== undefined) done += 1;
      if (claimed === undefined || !(await workOn(claimed))) goesOn = false;
      return goesOn;
    });
    return done;
  };
  const run = async (): Promise<number> => {
    const pools = await deps.cases.listPoolsWithTasks(deps.clock.now());
    let done = 0;
    const startedAtMs = performance.now();
    await inLanes(POOLS_AT_ONCE, async () => {
      const poolId = pools.shift();
      if (poolId === undefined) return false;
      const worked = await workOnPool(poolId);
      if (worked === TURN_MAX && performance.now() - startedAtMs < TURNS_MS) pools.push(poolId);
      done += worked;
      return true;
    });
    return done;
  };
  return {
    name: 'kyc',
    everyMs: EVERY_MS,
    run: async () => {
      await run();
    },
    async settled() {
      while ((await run()) > 0);
    },
  };
}

/** So many at once, each going on until it is told that nothing is left. @param step False: nothing is left. */
async function inLanes(count: number, step: () => Promise<boolean>): Promise<void> {
  const lane = async (): Promise<void> => {
    while (await step());
  };
  await Promise.all(Array.from({ length: count }, lane));
}

/** See `sweepCases`. */
export function createKycSweepJob(deps: Parameters<typeof sweepCases>[0]): Job {
  return { name: 'kyc-sweep', everyMs: SWEEP_EVERY_MS, run: () => sweepCases(deps) };
}
