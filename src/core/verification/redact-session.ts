import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { RequestContext } from '../ports.ts';
import { heldWithin, together, tryAgain } from '../records.ts';
import { isActive } from './decision.ts';
import type { StoredVerification, VerificationId } from './ports.ts';

/**
 * Erases what a session holds: its data key is destroyed, and with it metadata, result and kept reply, in backups too.
 * What stays is its reference, status, times and whether there was a result. A session that was still active expires,
 * since nothing could be kept of its end. Its identity is left alone.
 *
 * @returns Whether this request did it; false when it was redacted already, which writes nothing.
 * @throws NotFound
 * @see Contract verification 5.1, 4.5.
 */
export async function redactSession(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records'>,
  context: RequestContext,
  id: VerificationId,
): Promise<boolean> {
  const { poolId } = context.principal;
  return together(deps, async (tx) => {
    const stored = await tx.verifications.findVerification(poolId, id);
    if (stored === null) throw new NotFound();
    if (stored.redactedAt !== null) return false;
    const { vault } = heldWithin(deps, poolId, stored.configVersion);
    const stamp = stampOf(deps, context, poolId, vault);
    const wasActive = isActive(stored);
    const verification: StoredVerification = {
      ...stored,
      ...{ content: null, wrappedKey: null, redactedAt: stamp.at, updatedAt: stamp.at },
      ...(wasActive ? { status: 'expired', endedAt: stamp.at } : {}),
    };
    const { externalRef, status, identityId } = verification;
    const outcome = await tx.verifications.changeVerification({
      verification,
      erases: true,
      stamp,
      event: {
        action: 'session.redacted',
        subjectId: id,
        fields: wasActive ? ['status', 'retention_status'] : ['retention_status'],
      },
      announcements: [
        { id: stamp.eventId, type: 'session.redacted' },
        ...(wasActive ? [{ id: deps.ids.next(), type: 'session.expired' }] : []),
      ],
      eventData: { externalRef, status, identityId },
    });
    if (outcome === 'stale') tryAgain();
    return true;
  });
}
