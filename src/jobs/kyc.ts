import type { ClaimedCase } from '../core/kyc/case-ports.ts';
import { sweepCases } from '../core/kyc/sweep-cases.ts';
import { type CaseWorkNeeds, workOnCase } from '../core/kyc/work-on-case.ts';
import type { PoolId } from '../core/ports.ts';
import type { Job } from './periodic.ts';

const EVERY_MS = 500;
const SWEEP_EVERY_MS = 10 * 60_000;
/** Cases at once, of all pools together: each may hold a file and a picture in memory. */
const AT_ONCE = 4;
const CLAIM_MAX = 16;
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
 * work; what a process that died was working on is taken over when its lease is over.
 *
 * @param onFault Told of each task that failed; it is tried again later.
 */
export function createKycJob(deps: CaseWorkNeeds, onFault: (error: unknown) => void): Job {
  const workOn = async (claimed: ClaimedCase): Promise<void> => {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new ProviderSilent()), PATIENCE_MS);
    await Promise.race([workOnCase(deps, claimed), silence]).catch(onFault);
    clearTimeout(timer);
  };
  const workOnPool = async (poolId: PoolId): Promise<number> => {
    const now = deps.clock.now();
    const leaseUntil = new Date(now.getTime() + LEASE_MS);
    const claim = deps.ids.next();
    const claimed = await deps.cases.claimTasks(poolId, { now, leaseUntil, claim, limit: CLAIM_MAX });
    const queue = [...claimed];
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await workOn(next);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, lane));
    return claimed.length;
  };
  const run = async (): Promise<number> => {
    let done = 0;
    for (const poolId of await deps.cases.listPoolsWithTasks(deps.clock.now()))
      done += await workOnPool(poolId);
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

/** See `sweepCases`. */
export function createKycSweepJob(deps: Parameters<typeof sweepCases>[0]): Job {
  return { name: 'kyc-sweep', everyMs: SWEEP_EVERY_MS, run: () => sweepCases(deps) };
}
