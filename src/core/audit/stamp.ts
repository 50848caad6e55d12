import type { Deps } from '../deps.ts';
import type { Stamp } from '../pools/ports.ts';
import type { ActingContext, PoolId, PoolVault, RequestOrigin } from '../ports.ts';

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
    origin: origin === null || vault === null ? null : sealOrigin(vault, origin),
  };
}

/** A request that changes many records came from one place, which is sealed once. */
const sealed = new WeakMap<RequestOrigin, { readonly vault: PoolVault; readonly box: Buffer }>();

function sealOrigin(vault: PoolVault, origin: RequestOrigin): Buffer {
  const known = sealed.get(origin);
  if (known?.vault === vault) return known.box;
  const box = vault.seal(SECTION_ORIGIN, Buffer.from(JSON.stringify(origin)));
  sealed.set(origin, { vault, box });
  return box;
}
