import type { Deps } from '../deps.ts';
import type { Changed, Revision } from '../identities/revision.ts';
import { type Standing, standingOf } from '../identities/standing.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { changeWithin, openWithin, together } from '../records.ts';
import { findKycRecord } from './find-identity.ts';
import { resumeCases } from './resume-cases.ts';

/**
 * Blocks an identity for every surface, or lifts the block (R2): it cannot log in, no operation is active, no provider
 * is asked about it, and its e-mail stays reserved when it is deleted (R8). When the block is lifted, providers are asked
 * at once what they were not meanwhile. What is so already changes nothing.
 *
 * @throws NotFound @throws WrongState Its pool is closed.
 * @see Contract kyc 4.2: an operator's, whom no other route lets do it.
 */
export function setBlocked(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records'>,
  context: RequestContext,
  id: IdentityId,
  isBlocked: boolean,
): Promise<Changed> {
  return together(deps, async (tx) => {
    const changing = openWithin(deps, await findKycRecord(tx, context.principal, id));
    const { standing } = changing.stored;
    if ((standing.blocked === true) === isBlocked) return changing;
    const changed = await changeWithin(tx, deps, context, changing, blocking(standing, isBlocked));
    if (!isBlocked) await resumeCases(tx, deps, changed.stored);
    return changed;
  });
}

/** Blocks a record, or lifts the block, as one change of it. */
export function blocking(standing: Standing, isBlocked: boolean): Revision {
  return {
    action: isBlocked ? 'identity.blocked' : 'identity.unblocked',
    events: ['identity.updated'],
    fields: ['blocked'],
    standing: standingOf({ ...standing, blocked: isBlocked ? true : undefined }),
  };
}
