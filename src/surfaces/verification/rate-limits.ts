import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { type QuotaStatus, sessionQuotaOf } from '../../core/verification/quota.ts';
import type { GuardedRequest } from '../../http/route.ts';
import type * as wire from './wire.ts';

/** Handler of how the key and its pool stand (contract verification 1.7). */
export function rateLimitHandler(deps: Deps) {
  return async ({ rate, principal }: GuardedRequest): Promise<Static<typeof wire.RateLimits>> => {
    const { limit, remaining, resetInSeconds, windowSeconds } = rate();
    // Not from memory: an operator who has just changed plan or quota looks here whether it holds.
    const { verification } = await deps.configs.current(principal.poolId);
    const quota = await sessionQuotaOf(deps, principal.poolId);
    return {
      rate_limit: {
        ...{ limit, remaining },
        ...{ reset_in_seconds: resetInSeconds, window_seconds: windowSeconds },
      },
      quotas: quota === null ? {} : { sessions: showQuota(quota, deps.clock.now()) },
      plan: verification.plan,
    };
  };
}

function showQuota({ limit, remaining, resetAtSeconds }: QuotaStatus, now: Date) {
  const resetInSeconds = Math.max(1, Math.ceil(resetAtSeconds - now.getTime() / 1000));
  return { limit, used: limit - remaining, remaining, reset_in_seconds: resetInSeconds };
}
