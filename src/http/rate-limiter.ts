import { RateLimited, Unavailable } from '../core/errors.ts';
import type { Clock, KeyId, RateLeaseStore } from '../core/ports.ts';
import type { RateLimiter, RateStatus, RateSubject } from './ports.ts';

const WINDOW_MS = 60_000;
/** A first lease is a fiftieth of the limit, a later one at most a tenth. */
const FIRST_SHARE = 1 / 50;
const SHARE_MAX = 1 / 10;
/** A lease that lasted less than this was too small for the traffic. */
const BUSY_MS = 1000;

/** What this process holds of one key's minute. */
interface Holding {
  remaining: number;
  /** What all processes together had leased of the window when this one last asked. */
  used: number;
  isUsedUp: boolean;
  /** Size of the next lease, before the number of waiting requests is looked at. */
  want: number;
  leasedAtMs: number;
  waiting: number;
  /** The lease under way; all requests that find nothing left wait for the same one. */
  lease: Promise<void> | null;
}

/**
 * Requests per key in fixed minutes (UTC), counted in this process out of leases that the database counts over
 * all processes. So a request writes nothing, and all processes together never admit more than the limit; they
 * may refuse early by what idle processes hold, at most a tenth of the limit each.
 *
 * When the lease store does not answer, requests are refused as Unavailable. A limit is no access decision, but
 * admitting uncounted requests would break the bound, and buys nothing: every guarded route needs the same
 * database. What was leased before goes on being spent.
 *
 * Memory: one small object per key that was seen in the current minute. Only keys that were verified get here.
 */
export function createRateLimiter({ leases, clock }: { leases: RateLeaseStore; clock: Clock }): RateLimiter {
  let windowStartMs = Number.NaN;
  let holdings = new Map<KeyId, Holding>();

  const holdingOf = (subject: RateSubject, nowMs: number): Holding => {
    const start = nowMs - (nowMs % WINDOW_MS);
    if (start !== windowStartMs) {
      windowStartMs = start;
      holdings = new Map();
    }
    let holding = holdings.get(subject.keyId);
    if (holding === undefined) {
      const want = Math.ceil(subject.requestsPerMinute * FIRST_SHARE);
      holding = {
        remaining: 0,
        used: 0,
        isUsedUp: false,
        want,
        leasedAtMs: -Infinity,
        waiting: 0,
        lease: null,
      };
      holdings.set(subject.keyId, holding);
    }
    return holding;
  };

  const takeLease = async (subject: RateSubject, holding: Holding, startMs: number, nowMs: number) => {
    const limit = subject.requestsPerMinute;
    if (nowMs - holding.leasedAtMs < BUSY_MS)
      holding.want = Math.max(1, Math.min(holding.want * 2, Math.floor(limit * SHARE_MAX)));
    holding.leasedAtMs = nowMs;
    const want = Math.min(Math.max(holding.want, holding.waiting), limit);
    const windowStart = new Date(startMs);
    const { poolId, keyId } = subject;
    let lease: Awaited<ReturnType<RateLeaseStore['leaseRequests']>>;
    try {
      lease = await leases.leaseRequests({ poolId, keyId, windowStart, want, limit });
    } catch (error) {
      throw new Unavailable('rate leases do not answer', error);
    }
    const { granted, used } = lease;
    holding.remaining += granted;
    holding.used = used;
    if (granted < want || granted === 0) holding.isUsedUp = true;
  };

  const admit = (holding: Holding, nowMs: number): boolean => {
    if (holding.remaining > 0) {
      holding.remaining -= 1;
      return true;
    }
    if (holding.isUsedUp) throw new RateLimited(Math.ceil((windowStartMs + WINDOW_MS - nowMs) / 1000));
    return false;
  };

  const shareLease = (subject: RateSubject, holding: Holding, nowMs: number): Promise<void> => {
    if (holding.lease !== null) return holding.lease;
    const lease = takeLease(subject, holding, windowStartMs, nowMs);
    const clear = () => {
      holding.lease = null;
    };
    // Registered before any waiter, so that the first one to wake up finds it cleared.
    lease.then(clear, clear);
    holding.lease = lease;
    return lease;
  };

  const waitAndSpend = async (subject: RateSubject): Promise<void> => {
    for (;;) {
      // Asked again after each wait: the minute may have passed meanwhile.
      const nowMs = clock.now().getTime();
      const holding = holdingOf(subject, nowMs);
      if (admit(holding, nowMs)) return;
      holding.waiting += 1;
      try {
        await shareLease(subject, holding, nowMs);
      } finally {
        holding.waiting -= 1;
      }
    }
  };

  const status = (subject: RateSubject): RateStatus => {
    const limit = subject.requestsPerMinute;
    const nowMs = clock.now().getTime();
    const startMs = nowMs - (nowMs % WINDOW_MS);
    const endMs = startMs + WINDOW_MS;
    // Looked up and not made: asking about a key is no use of it.
    const holding = startMs === windowStartMs ? holdings.get(subject.keyId) : undefined;
    return {
      limit,
      remaining: holding === undefined ? limit : leftOf(holding, limit),
      resetAtSeconds: endMs / 1000,
      resetInSeconds: Math.ceil((endMs - nowMs) / 1000),
      windowSeconds: WINDOW_MS / 1000,
    };
  };

  return {
    status,
    spend(subject) {
      const nowMs = clock.now().getTime();
      return admit(holdingOf(subject, nowMs), nowMs) ? undefined : waitAndSpend(subject);
    },
  };
}

function leftOf({ remaining, used, isUsedUp }: Holding, limit: number): number {
  // Nobody gives out more, so what is held is all there is, also where the limit was changed within the minute.
  if (isUsedUp) return remaining;
  return Math.max(0, limit - used + remaining);
}
