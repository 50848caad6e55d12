import { WrongState } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Changed } from '../identities/revision.ts';
import { standingOf } from '../identities/standing.ts';
import type { RequestContext } from '../ports.ts';
import { findRecord, requireWritable } from './find-record.ts';

/** Archiving pauses and restoring resumes; a pause by hand outlasts both (contract verification 3.10). */
export function monitoringStatusOf({
  status,
  standing,
}: Pick<StoredIdentity, 'status' | 'standing'>): 'paused' | 'active' {
  return status === 'archived' || standing.monitoringPaused === true ? 'paused' : 'active';
}

/** By hand; of an archived identity too. @throws NotFound @throws WrongState Paused by hand, redacted or merged. */
export function pauseMonitoring(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  idempotency: Idempotency<Changed> | null,
): Promise<{ made: Changed } | { replay: string }> {
  const find = () => findRecord(deps, context.principal, reference);
  return changeRecord(
    deps,
    context,
    find,
    ({ stored }) => {
      requireWritable(stored);
      if (stored.standing.monitoringPaused === true) {
        throw new WrongState('Monitoring of the identity is paused already.');
      }
      return {
        action: 'identity.monitoring_paused',
        events: ['identity.updated'],
        fields: ['monitoring_status'],
        standing: { ...stored.standing, monitoringPaused: true },
      };
    },
    idempotency,
  );
}

/**
 * Ends a pause by hand; an archived identity stays paused until it is restored.
 * @throws NotFound @throws WrongState Not paused by hand, redacted or merged.
 */
export async function resumeMonitoring(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
): Promise<Changed> {
  const find = () => findRecord(deps, context.principal, reference);
  const outcome = await changeRecord(deps, context, find, ({ stored }) => {
    requireWritable(stored);
    if (stored.standing.monitoringPaused !== true) {
      throw new WrongState('Monitoring of the identity was not paused.');
    }
    return {
      action: 'identity.monitoring_resumed',
      events: ['identity.updated'],
      fields: ['monitoring_status'],
      standing: standingOf({ ...stored.standing, monitoringPaused: undefined }),
    };
  });
  if (!('made' in outcome)) throw new TypeError('monitoring resumes without an idempotency key');
  return outcome.made;
}
