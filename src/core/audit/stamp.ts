import type { Deps } from '../deps.ts';
import type { Stamp } from '../pools/ports.ts';
import type { PoolId, RequestContext } from '../ports.ts';

/** Marks a change with who, when and under which pool its audit entry and event are kept (R7). */
export function stampOf(
  { clock, ids }: Pick<Deps, 'clock' | 'ids'>,
  context: RequestContext | null,
  poolId: PoolId,
): Stamp {
  return {
    at: clock.now(),
    auditId: ids.next(),
    eventId: ids.next(),
    keyId: context?.principal.keyId ?? null,
    requestId: context?.requestId ?? null,
    poolId,
  };
}
