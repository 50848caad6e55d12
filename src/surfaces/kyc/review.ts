import type { Static } from 'typebox';
import { listAuditRecords } from '../../core/audit/read-audit.ts';
import type { Deps } from '../../core/deps.ts';
import { listDocuments } from '../../core/kyc/documents.ts';
import { typeOf } from '../../core/kyc/record-view.ts';
import { findReviewCase, listForReview, type ReviewCase, reviewCase } from '../../core/kyc/review.ts';
import { listReviewFiles } from '../../core/kyc/review-files.ts';
import { setBlocked } from '../../core/kyc/set-blocked.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readDecision, readQueueQuery, tokenOf, verificationOf } from './read-review.ts';
import { idOf } from './requests.ts';
import { showAll, showOne } from './show.ts';
import type * as wire from './wire-review.ts';

/** Handlers of the review queue, and of the operator's block (contract kyc 4.2). */
export function reviewHandlers(deps: Deps) {
  const decide = async (request: GuardedRequest, state: 'approved' | 'rejected') => {
    const id = verificationOf(request);
    return showCase(deps, request, await reviewCase(deps, request.context, id, readDecision(request, state)));
  };
  const block = async (request: GuardedRequest, isBlocked: boolean) => {
    const changed = await setBlocked(deps, request.context, idOf(request), isBlocked);
    const { poolId, id } = changed.stored;
    return showOne(deps, changed.config, changed, await listDocuments(deps, poolId, id));
  };
  return {
    async listReviewCases(request: GuardedRequest) {
      const { items, next } = await listForReview(deps, request.principal, readQueueQuery(request));
      return { data: items.map(showInQueue), next: next === null ? null : tokenOf(next) };
    },

    async getReviewCase(request: GuardedRequest) {
      const id = verificationOf(request);
      return showCase(deps, request, await findReviewCase(deps, request.principal, id));
    },

    approveCase: (request: GuardedRequest) => decide(request, 'approved'),
    rejectCase: (request: GuardedRequest) => decide(request, 'rejected'),
    blockIdentity: (request: GuardedRequest) => block(request, true),
    unblockIdentity: (request: GuardedRequest) => block(request, false),
  };
}

type Shown = Static<typeof wire.Case>;

function showInQueue({ kycCase, identity }: ReviewCase) {
  const { verificationId, identityId, provider, state, exceptions, risk, updatedAt } = kycCase;
  return {
    ...{ verificationId, identityId, provider, type: typeOf(identity.standing), status: state },
    ...{ exceptions: [...exceptions], risk, since: updatedAt.toISOString() },
  };
}

/** A case with everything that a person decides by. */
async function showCase(
  deps: Deps,
  { context }: GuardedRequest,
  found: ReviewCase,
): Promise<{ data: Shown }> {
  const { kycCase, identity, revision } = found;
  const [[shown], files, decidedBy] = await Promise.all([
    showAll(deps, [identity]),
    listReviewFiles(deps, context, identity.id),
    deciderOf(deps, kycCase),
  ]);
  if (shown === undefined) throw new TypeError('one record shows as one');
  const { validUntil, checks } = kycCase;
  return {
    data: {
      ...showInQueue(found),
      ...{ revision, validUntil, decidedBy, identity: shown },
      checks: checks.map(({ code, result, detail = null }) => ({ code, result, detail })),
      documents: files.documents.map(({ id, type, side, label, description, createdAt, link }) => ({
        ...{ id, type, side, label, description, createdAt: createdAt.toISOString(), link },
      })),
      faceImages: files.faceImages.map(({ createdAt, ...image }) => ({
        ...{ ...image, createdAt: createdAt.toISOString() },
      })),
    },
  };
}

/** Who decided last, by the audit log. */
async function deciderOf(
  deps: Pick<Deps, 'audit' | 'vault' | 'configs'>,
  { poolId, verificationId, state }: ReviewCase['kycCase'],
): Promise<Shown['decidedBy']> {
  if (state === 'pending' || state === 'exception') return null;
  const { items } = await listAuditRecords(deps, poolId, {
    scope: { kind: 'subject', id: verificationId, resource: 'session' },
    ...{ actions: ['session.completed'], before: null, offset: 0, limit: 1 },
  });
  const [entry] = items;
  if (entry === undefined) return null;
  return { key: entry.keyPrefix, reviewer: entry.origin?.actor ?? null, at: entry.at.toISOString() };
}
