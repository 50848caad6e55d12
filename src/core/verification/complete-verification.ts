import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import { type AttributeName, readAttribute } from '../identities/attributes.ts';
import { externalRefClaim } from '../identities/claims.ts';
import { homesOf } from '../identities/factors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { EMPTY_PROFILE } from '../identities/profile.ts';
import type { Changing } from '../identities/revision.ts';
import { isOpenStatus, vaultFor } from '../identities/view.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { changeWithin, createWithin, openWithin, together, tryAgain } from '../records.ts';
import { firstStanding } from './config.ts';
import { isMerged } from './find-record.ts';
import { openConfig, warmUp } from './open-config.ts';
import {
  ACTIVE_STATUSES,
  type SessionStatus,
  type StoredVerification,
  type VerificationFacts,
  type VerificationId,
} from './ports.ts';
import { type Findings, resultOf } from './result.ts';
import { type Ended, effectsOf, type LinkingOutcome } from './session-effects.ts';
import {
  type OpenedVerification,
  openVerification,
  requireContent,
  sealContent,
  type VerificationContent,
  type VerificationResult,
} from './verification-content.ts';

export type CompleteNeeds = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation' | 'records' | 'verifications'
>;

/** What becomes of a verification, whoever decided it: a simulation, a reviewer, a provider. */
export type Decision =
  | {
      readonly outcome: 'approved' | 'rejected' | 'needs_review';
      readonly findings: Findings;
      /** The identity that it is about, where that is known without a reference. */
      readonly identityId?: IdentityId;
    }
  | { readonly outcome: 'failed' | 'expired'; readonly identityId?: IdentityId };

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

export function isActive({ status }: Pick<StoredVerification, 'status'>): boolean {
  return (ACTIVE_STATUSES as readonly string[]).includes(status);
}

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
  context: RequestContext,
  id: VerificationId,
  decide: (opened: OpenedVerification) => Decision,
): Promise<OpenedVerification> {
  const { poolId } = context.principal;
  const found = await deps.verifications.findVerification(poolId, id);
  if (found === null) throw new NotFound();
  await warmUp(deps, found);
  return together(deps, async (tx) => {
    const stored = await tx.verifications.findVerification(poolId, id);
    if (stored === null) throw new NotFound();
    const opened = await openVerification(deps, stored);
    const decision = decide(opened);
    const { key, content } = requireContent(opened);
    if (outcomeOf(stored) === decision.outcome) return opened;
    if (decision.outcome === 'expired' && !isActive(stored)) throw new WrongState('The session has ended.');

    const at = deps.clock.now();
    const subject = await findSubject(tx, deps, stored, decision);
    const result =
      'findings' in decision
        ? resultOf(decision.findings, { status: decision.outcome, content, known: knownBy(subject), at })
        : null;
    // The identity first, then the verification: the order in which merging takes them.
    const identityId = await tellIdentity(tx, deps, context, { stored, subject, decision, result, at });
    const after = verificationAfter(stored, content, { decision, identityId, result, at });
    const verification = { ...after.stored, content: sealContent(key, after.content) };
    const { externalRef, status } = verification;
    const type = EVENT[STATUS[decision.outcome]];
    const stamp = stampOf(deps, context, poolId, await vaultFor(deps, stored));
    const outcome = await tx.verifications.changeVerification({
      verification,
      erases: false,
      stamp,
      event: { action: type, subjectId: id, fields: result === null ? ['status'] : ['status', 'result'] },
      announcements: [{ id: stamp.eventId, type }],
      eventData: { externalRef, status, identityId },
    });
    if (outcome === 'stale') tryAgain();
    return { stored: { ...verification, version: stored.version + 1 }, key, content: after.content };
  });
}

/** How a verification stands decided; null while nobody did. */
function outcomeOf({ status, facts }: StoredVerification): Decision['outcome'] | null {
  if (status === 'failed' || status === 'expired') return status;
  return facts.result?.status ?? null;
}

/** The identity that a verification is about: open for a change, closed to it, or not there yet. */
type Subject = { readonly changing: Changing } | 'closed' | null;

async function findSubject(
  tx: RecordStores,
  deps: CompleteNeeds,
  { poolId, identityId, externalRef }: StoredVerification,
  decision: Decision,
): Promise<Subject> {
  const id = identityId ?? decision.identityId ?? null;
  let found: StoredIdentity | null = null;
  if (id !== null) {
    found = await tx.identities.findIdentity(poolId, id);
    if (found === null) return 'closed';
  } else if (externalRef !== null) {
    const vault = await deps.vault.pool(poolId);
    found = await tx.identities.findByClaim(poolId, externalRefClaim(vault, externalRef));
  }
  if (found === null) return externalRef === null ? 'closed' : null;
  return isOpenStatus(found.status) && !isMerged(found) ? { changing: openWithin(deps, found) } : 'closed';
}

function knownBy(subject: Subject): (name: AttributeName) => string | null {
  if (subject === null || subject === 'closed') return () => null;
  const { config, stored, profile } = subject.changing;
  const homes = homesOf(config, stored.schemaId);
  return (name) => readAttribute(profile, homes, name);
}

/** @returns The identity that the verification counts for from now on; null: none. */
async function tellIdentity(
  tx: RecordStores,
  deps: CompleteNeeds,
  context: RequestContext,
  input: {
    stored: StoredVerification;
    subject: Subject;
    decision: Decision;
    result: VerificationResult | null;
    at: Date;
  },
): Promise<IdentityId | null> {
  const { stored, subject, decision, result, at } = input;
  const { outcome } = decision;
  if (!isLinking(outcome) || subject === 'closed') return stored.identityId;
  const ended: Ended = { id: stored.id, outcome, result, at, isFirst: stored.identityId === null };
  const newVid = () => deps.ids.next();
  if (subject !== null) {
    const { changing } = subject;
    const { id, schemaId, standing } = changing.stored;
    const record = { schemaId, profile: changing.profile, standing };
    const effects = effectsOf(changing.config, record, ended, newVid);
    await changeWithin(tx, deps, context, changing, {
      action: 'identity.updated',
      claims: 'if-free',
      ...effects,
    });
    return id;
  }
  const config = await openConfig(deps, stored.poolId);
  const vault = await deps.vault.pool(stored.poolId, config.version);
  const schemaId = config.defaultSchemaId;
  const { externalRef } = stored;
  const first = { ...firstStanding(config.verification), ...(externalRef === null ? {} : { externalRef }) };
  const record = { schemaId, profile: EMPTY_PROFILE, standing: first };
  const { profile, standing, fields } = effectsOf(config, record, ended, newVid);
  const id = deps.ids.next() as IdentityId;
  const draft = { profile, standing, fields: ['external_ref', ...fields] };
  await createWithin(tx, deps, context, { drafting: { config, vault, schemaId }, draft, id });
  return id;
}

function isLinking(outcome: Decision['outcome']): outcome is LinkingOutcome {
  return outcome === 'approved' || outcome === 'rejected' || outcome === 'failed';
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
  const newFacts: VerificationFacts =
    result === null ? facts : { ...facts, result: { status: result.status, createdAt: result.createdAt } };
  return {
    stored: {
      ...stored,
      ...{ identityId, status, facts: newFacts, updatedAt: at },
      endedAt: isActive({ status }) ? null : at,
    },
    content: result === null ? rest : { ...rest, result },
  };
}
