import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import { erasing } from '../identities/erase-identity.ts';
import type { Changed, Changing, Revision } from '../identities/revision.ts';
import { standingOf } from '../identities/standing.ts';
import type { RequestContext } from '../ports.ts';
import { findRecord, requireWritable } from './find-record.ts';

type Outcome = Promise<{ made: Changed } | { replay: string }>;

/** What the three below have in common. */
function changing(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  idempotency: Idempotency<Changed> | null,
  revise: (changing: Changing) => Revision,
): Outcome {
  return changeRecord(
    deps,
    context,
    () => findRecord(deps, context.principal, reference),
    revise,
    idempotency,
  );
}

/**
 * Hides an identity from verification's list, and from there only (R8); its status stays as it is.
 *
 * @throws NotFound @throws WrongState Archived already, redacted or merged.
 * @see Contract verification 3.7.
 */
export function archiveRecord(
  deps: ChangeNeeds & Pick<Deps, 'clock'>,
  context: RequestContext,
  reference: string,
  idempotency: Idempotency<Changed> | null,
): Outcome {
  return changing(deps, context, reference, idempotency, ({ stored }) => {
    requireWritable(stored);
    if (stored.status === 'archived') throw new WrongState('The identity is archived already.');
    return {
      action: 'identity.archived',
      fields: ['archived_at'],
      status: 'archived',
      standing: { ...stored.standing, archivedAt: deps.clock.now().toISOString() },
    };
  });
}

/** @throws NotFound @throws WrongState Not archived, redacted or merged. @see Contract verification 3.7. */
export function restoreRecord(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  idempotency: Idempotency<Changed> | null,
): Outcome {
  return changing(deps, context, reference, idempotency, ({ stored }) => {
    requireWritable(stored);
    if (stored.status !== 'archived') throw new WrongState('The identity is not archived.');
    return {
      action: 'identity.restored',
      fields: ['archived_at'],
      status: 'extant',
      standing: standingOf({ ...stored.standing, archivedAt: undefined }),
    };
  });
}

/**
 * Erases an identity (R8): its data key is destroyed, and with it everything that is sealed under it, in backups too;
 * look-up keys and kept replies go. What stays is the reference, counts, times and structure.
 *
 * @throws NotFound @throws WrongState Redacted already.
 * @see Contract verification 3.7, 4.5.
 */
export function redactRecord(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  idempotency: Idempotency<Changed> | null,
): Outcome {
  return changing(deps, context, reference, idempotency, ({ stored }) => erasing(stored.standing));
}
