import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import { type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { EventData } from '../identities/ports.ts';
import type { ActingContext, IdentityId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { heldWithin, together, tryAgain } from '../records.ts';
import { type Decision, isActive } from './decision.ts';
import type { SessionStatus, StoredVerification, VerificationFacts, VerificationId } from './ports.ts';
import { resultOf } from './result.ts';
import {
  findSubject,
  hasCaseToTell,
  isLinking,
  type Outcome,
  type Subject,
  tellIdentity,
} from './tell-identity.ts';
import {
  type OpenedVerification,
  openVerificationWith,
  requireContent,
  sealContent,
  type VerificationContent,
  type VerificationResult,
} from './verification-content.ts';

export type DecideNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>;
export type CompleteNeeds = DecideNeeds & Pick<Deps, 'records'>;

const STATUS = {
  approved: 'completed',
  rejected: 'completed',
  needs_review: 'under_review',
  failed: 'failed',
  expired: 'expired',
} as const satisfies Record<Decision['outcome'], SessionStatus>;

const EVENT = {
  completed: 'session.completed',
  under_review: 'session.updated',
  failed: 'session.failed',
  expired: 'session.expired',
} as const;

/**
 * Decides a verification: one transaction over the verification, its identity (found by reference, or made), audit
 * entries and events. What is decided once more in the same way changes nothing; otherwise the later decision counts,
 * and the identity's number of sessions stays. A redacted or merged identity is not touched, and none takes its place.
 *
 * @param decide Given the verification, for each try anew; may throw what keeps it from being decided.
 * @throws NotFound @throws WrongState It is redacted, or would expire although it has ended; the pool is deleted.
 * @see DESIGN R5; contract verification 4.4, 4.5, 5.1, 5.2.
 */
export async function completeVerification(
  deps: CompleteNeeds,
  context: ActingContext,
  id: VerificationId,
  decide: (opened: OpenedVerification) => Decision,
): Promise<OpenedVerification> {
  return together(deps, (tx) => decideWithin(tx, deps, context, id, decide));
}

/** `completeVerification` as a part of `together`, for a caller that changes other rows with it. @throws As that. */
export async function decideWithin(
  tx: RecordStores,
  deps: DecideNeeds,
  context: ActingContext,
  id: VerificationId,
  decide: (opened: OpenedVerification) => Decision,
): Promise<OpenedVerification> {
  const { poolId } = context.principal;
  const stored = await tx.verifications.findVerification(poolId, id);
  if (stored === null) throw new NotFound();
  const held = heldWithin(deps, poolId, stored.configVersion);
  const opened = openVerificationWith(held.vault, stored);
  const decision = decide(opened);
  const { key, content } = requireContent(opened);
  const isRepeated = outcomeOf(stored) === decision.outcome;
  if (!isRepeated && decision.outcome === 'expired' && !isActive(stored))
    throw new WrongState('The session has ended.');

  const at = deps.clock.now();
  const subject = await findSubject(tx, deps, held.vault, stored, decision);
  const result =
    'findings' in decision
      ? resultOf(decision.findings, { status: decision.outcome, content, known: knownBy(subject), at })
      : null;
  const told = { stored, subject, decision, result, at };
  if (isRepeated && !hasCaseToTell(told, held.config)) return opened;
  // The identity first, then the verification: the order in which merging takes them.
  const outcome = await tellIdentity(tx, deps, context, { ...held, ...told });
  const { identityId } = outcome;
  const after = verificationAfter(stored, content, { decision, identityId, result, at });
  const verification = { ...after.stored, content: sealContent(key, after.content) };
  const type = EVENT[STATUS[decision.outcome]];
  const stamp = stampOf(deps, context, poolId, held.vault);
  const { events, data } = announcementOf(decision, outcome.operations);
  const written = await tx.verifications.changeVerification({
    verification,
    erases: false,
    stamp,
    event: { action: type, subjectId: id, fields: result === null ? ['status'] : ['status', 'result'] },
    announcements: [
      { id: stamp.eventId, type },
      ...events.map((event) => ({ id: deps.ids.next(), type: event })),
    ],
    eventData: { externalRef: verification.externalRef, status: verification.status, identityId, ...data },
  });
  if (written === 'stale') tryAgain();
  return { stored: { ...verification, version: stored.version + 1 }, key, content: after.content };
}

/** What is told beside the end of the verification itself (contract kyc 3.10). */
function announcementOf(
  decision: Decision,
  operations: Outcome['operations'],
): { events: string[]; data: Pick<EventData, 'exceptions' | 'operations'> } {
  const exceptions = 'findings' in decision ? (decision.report?.exceptions ?? []) : [];
  const raises = decision.outcome === 'needs_review';
  return {
    events: [
      ...(raises ? ['verification.exception_raised'] : []),
      ...(operations.length > 0 ? ['verification.operation_activated'] : []),
    ],
    data: {
      ...(raises ? { exceptions } : {}),
      ...(operations.length > 0 ? { operations } : {}),
    },
  };
}

/** How a verification stands decided; null while nobody did. */
function outcomeOf({ status, facts }: StoredVerification): Decision['outcome'] | null {
  if (status === 'failed' || status === 'expired') return status;
  return facts.result?.status ?? null;
}

function knownBy(subject: Subject): (name: AttributeName) => string | null {
  if (subject === null || subject === 'closed') return () => null;
  const { config, stored, profile } = subject.changing;
  const homes = homesOf(config, stored.schemaId);
  return (name) => readAttribute(profile, homes, name);
}

function verificationAfter(
  stored: StoredVerification,
  content: VerificationContent,
  input: {
    decision: Decision;
    identityId: IdentityId | null;
    result: VerificationResult | null;
    at: Date;
  },
): { stored: StoredVerification; content: VerificationContent } {
  const { decision, identityId, result, at } = input;
  const { result: _oldFact, ...facts } = stored.facts;
  const { result: _oldResult, ...rest } = content;
  const status = STATUS[decision.outcome];
  const { exceptions: _oldExceptions, ...lasting } = facts;
  const exceptions = 'findings' in decision ? decision.report?.exceptions : undefined;
  const newFacts: VerificationFacts = {
    ...lasting,
    ...(exceptions === undefined || exceptions.length === 0 ? {} : { exceptions }),
    ...(facts.provider !== undefined && isLinking(decision.outcome) ? { isCounted: true as const } : {}),
    ...(result === null ? {} : { result: { status: result.status, createdAt: result.createdAt } }),
  };
  return {
    stored: {
      ...stored,
      ...{ identityId, status, facts: newFacts, updatedAt: at },
      endedAt: isActive({ status }) ? null : at,
    },
    content: result === null ? rest : { ...rest, result },
  };
}
