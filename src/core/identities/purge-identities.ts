import type { Deps } from '../deps.ts';
import type { IdentityId, PoolId } from '../ports.ts';

const BATCH = 500;

/**
 * Removes closed identities for good, their keys and identifiers with them: those of one pool that were closed
 * before a moment. Batch by batch, each its own transaction with an audit entry and an event for each identity, so
 * it may be interrupted and run again.
 *
 * @returns How many were removed.
 * @see Contract pools 6, "Purge". An act of the installation: there is no route to it.
 */
export async function purgeIdentities(
  { identities, ids, clock }: Pick<Deps, 'identities' | 'ids' | 'clock'>,
  input: { poolId: PoolId; closedBefore: Date; onProgress?: (removed: number) => void },
): Promise<number> {
  const { poolId, closedBefore, onProgress } = input;
  let removed = 0;
  let after: IdentityId | null = null;
  for (;;) {
    const found = await identities.listClosed(poolId, { before: closedBefore, after, limit: BATCH });
    after = found.at(-1) ?? null;
    if (after === null) return removed;
    const marks = found.map((id) => ({ id, auditId: ids.next(), eventId: ids.next() }));
    removed += await identities.removeClosed(poolId, { marks, at: clock.now() });
    onProgress?.(removed);
  }
}
