import type { Deps } from '../deps.ts';
import type { Stamp } from '../pools/ports.ts';
import type { ActingContext, PoolId, PoolVault } from '../ports.ts';

export const SECTION_ORIGIN = 'audit-origin';

/**
 * Marks a change with who, when and under which pool its audit entry and event are kept (R7).
 * @param vault That pool's: seals where the request came from; without one that is not kept.
 */
export function stampOf(
  { clock, ids }: Pick<Deps, 'clock' | 'ids'>,
  context: ActingContext | null,
  poolId: PoolId,
  vault: PoolVault | null = null,
): Stamp {
  const origin = context?.origin ?? null;
  return {
    at: clock.now(),
    auditId: ids.next(),
    eventId: ids.next(),
    keyId: context?.principal.keyId ?? null,
    requestId: context?.requestId ?? null,
    poolId,
    origin:
      origin === null || vault === null
        ? null
        : vault.seal(SECTION_ORIGIN, Buffer.from(JSON.stringify(origin))),
  };
}
