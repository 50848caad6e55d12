import { isPrivileged } from '../../sessions/active.ts';
import type { StoredSession } from '../../sessions/ports.ts';
import { requireAssuranceFor } from '../assured.ts';
import type { Offer } from '../begin-flow.ts';
import type { SelfServiceConfig } from '../config.ts';
import { RefreshRequired, SessionInactive } from '../errors.ts';
import type { FlowDeps, Submission, Visit, Visitor } from '../visit.ts';

/** A submit of settings: whose they are is known. */
export interface OwnSubmission extends Submission {
  readonly visitor: Visitor;
}

/**
 * Who may look after their own record: somebody who has shown as many factors as they have.
 * @throws SessionInactive @throws AssuranceTooLow
 */
export function requireVisitor({ visitor }: Pick<Visit, 'visitor'>, offer: Offer): Visitor {
  if (visitor === null) throw new SessionInactive();
  requireAssuranceFor(visitor, offer, 'settingsAal');
  return visitor;
}

/** @throws RefreshRequired The session's person showed too long ago that it is them. */
export function requireFresh(
  { clock }: Pick<FlowDeps, 'clock'>,
  { sessions, uiUrl }: SelfServiceConfig,
  { flow, base }: Pick<Submission, 'flow' | 'base'>,
  session: Pick<StoredSession, 'authenticatedAt'>,
): void {
  const privilegedMs = sessions.privilegedSeconds * 1000;
  if (isPrivileged(session, clock.now(), { privilegedMs })) return;
  throw new RefreshRequired(`${uiUrl ?? base}/${flow.kind}?flow=${flow.id}`);
}
