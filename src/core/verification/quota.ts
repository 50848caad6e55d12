import type { Deps } from '../deps.ts';
import type { PoolId } from '../ports.ts';

export const SESSION_QUOTA = 'sessions';

/** How a pool stands with its quota. */
export interface QuotaStatus {
  readonly limit: number;
  readonly remaining: number;
  /** Unix seconds: when the next window begins. */
  readonly resetAtSeconds: number;
}

/** The calendar month (UTC) around a moment. */
export function monthOf(at: Date): { start: Date; end: Date } {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return { start: new Date(Date.UTC(year, month, 1)), end: new Date(Date.UTC(year, month + 1, 1)) };
}

export function quotaStatusOf(limit: number, used: number, at: Date): QuotaStatus {
  const resetAtSeconds = monthOf(at).end.getTime() / 1000;
  return { limit, remaining: Math.max(0, limit - used), resetAtSeconds };
}

/** How many sessions a pool may still make this month; null: any number. Takes none. */
export async function sessionQuotaOf(
  { configs, verifications, clock }: Pick<Deps, 'configs' | 'verifications' | 'clock'>,
  poolId: PoolId,
): Promise<QuotaStatus | null> {
  const { sessionQuota: limit } = (await configs.any(poolId)).verification;
  if (limit === null) return null;
  const at = clock.now();
  const quota = { name: SESSION_QUOTA, windowStart: monthOf(at).start };
  return quotaStatusOf(limit, await verifications.quotaUsed(poolId, quota), at);
}
