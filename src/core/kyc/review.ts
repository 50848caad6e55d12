import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { Principal, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import type { VerificationId } from '../verification/ports.ts';
import { VerificationNotFound } from './case-errors.ts';
import type { StoredCase } from './case-ports.ts';
import { type DecideCaseNeeds, decideWithState } from './decide-case.ts';
import { factsRevisionOf } from './facts-revision.ts';

/** Where a page of the queue goes on. */
export type ReviewPlace = Pick<StoredCase, 'updatedAt' | 'identityId' | 'provider'>;

/** A case with the record that it is about. */
export interface ReviewCase {
  readonly kycCase: StoredCase;
  readonly identity: StoredIdentity;
  /** Of the facts as they are now: what a decision on them names. */
  readonly revision: number;
}

/** What a person decides, and on which facts. */
export interface ReviewDecision {
  readonly state: 'approved' | 'rejected';
  /** Reasons of a rejection; null: what was found already, but that a person was to look. */
  readonly exceptions: readonly string[] | null;
  /** Of the facts that the person looked at; null: whatever they are now. */
  readonly revision: number | null;
  /** Blocks the identity with it. */
  readonly blocks: boolean;
  /** The person who decided, as the caller names them; null: it does not say. Kept in sealed parts of the log only. */
  readonly reviewer: string | null;
}

/** The one exception that a decision answers, and which is no reason for it. */
const ANSWERED = 'manual_review_required';

/**
 * Cases that wait for a person, the longest first. Those of identities that are gone are left out, so that a page may
 * be shorter than asked for and still be followed by others.
 *
 * @returns `next`: where the page after this one begins; null: this is the last one.
 */
export async function listForReview(
  { cases, identities }: Pick<Deps, 'cases' | 'identities'>,
  { poolId }: Principal,
  input: { after: ReviewPlace | null; provider: string | null; limit: number },
): Promise<{ items: ReviewCase[]; next: ReviewPlace | null }> {
  const { limit } = input;
  const found = await cases.listForReview(poolId, { ...input, limit: limit + 1 });
  const page = found.slice(0, limit);
  const items = await Promise.all(
    page.map(async (kycCase): Promise<ReviewCase[]> => {
      const identity = await identities.findIdentity(poolId, kycCase.identityId);
      return identity === null || !isVisible(identity) ? [] : [reviewCaseOf(kycCase, identity)];
    }),
  );
  return { items: items.flat(), next: found.length > limit ? (page.at(-1) ?? null) : null };
}

/**
 * A case by its latest verification, whatever its state.
 * @throws VerificationNotFound Missing, of another pool, replaced by a later one, or of an identity that is gone.
 */
export async function findReviewCase(
  { cases, identities }: Pick<Deps, 'cases' | 'identities'>,
  { poolId }: Principal,
  id: VerificationId,
): Promise<ReviewCase> {
  const kycCase = await cases.findByVerification(poolId, id);
  const identity = kycCase === null ? null : await identities.findIdentity(poolId, kycCase.identityId);
  if (kycCase === null || identity === null || !isVisible(identity)) throw new VerificationNotFound();
  return reviewCaseOf(kycCase, identity);
}

function reviewCaseOf(kycCase: StoredCase, identity: StoredIdentity): ReviewCase {
  return { kycCase, identity, revision: factsRevisionOf(identity.standing) };
}

/**
 * A person's decision on an exception, or the reversal of a rejection: one transaction. Who made it is the key of the
 * request, and whoever the request names, in the audit entries of verification and identity (contract kyc 4.2).
 *
 * @returns The case as it is afterwards.
 * @throws VerificationNotFound
 * @throws WrongState It is decided, waits for its provider, or the facts are others by now.
 */
export function reviewCase(
  deps: DecideCaseNeeds,
  context: RequestContext,
  id: VerificationId,
  decision: ReviewDecision,
): Promise<ReviewCase> {
  const { principal, origin } = context;
  const { reviewer } = decision;
  const acting = reviewer === null ? context : { ...context, origin: { ...origin, actor: reviewer } };
  return together(deps, async (tx) => {
    const { kycCase, revision } = await findReviewCase(tx, principal, id);
    requireOpenTo(kycCase, decision);
    if (decision.revision !== null && decision.revision !== revision)
      throw new WrongState('The data were changed since you looked at them.');
    const { validUntil } = kycCase;
    await decideWithState(tx, deps, acting, kycCase, {
      state: decision.state,
      report: { exceptions: reasonsOf(kycCase, decision), validUntil, block: decision.blocks },
      processingMode: 'manual',
    });
    return findReviewCase(tx, principal, id);
  });
}

function reasonsOf(kycCase: StoredCase, { state, exceptions }: ReviewDecision): readonly string[] {
  if (state === 'approved') return [];
  return exceptions ?? kycCase.exceptions.filter((code) => code !== ANSWERED);
}

/** @throws WrongState */
function requireOpenTo({ state: from }: StoredCase, { state: to }: ReviewDecision): void {
  if (from === 'exception' || (from === 'rejected' && to === 'approved')) return;
  throw new WrongState(`The verification is ${from} and cannot be ${to}.`);
}
