import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { reviewHandlers } from './review.ts';
import * as wire from './wire.ts';
import * as review from './wire-review.ts';

const BASE = '/review';
const ONE = `${BASE}/:verificationId`;
const IDENTITY = `${BASE}/identities/:id`;
const guard = keyGuard('review');
const reading = { guard, reads: 'none', params: review.CaseParams, reply: review.OneCase } as const;
const deciding = { guard, reads: 'json-or-none', params: review.CaseParams, reply: review.OneCase } as const;
const blocking = { guard, reads: 'none', params: wire.Params, reply: wire.OneIdentity } as const;
const lookUp = ['validation_failed', 'verification_not_found'] as const;
const decided = [...lookUp, 'unsupported_media_type', 'conflict'] as const;
const blocked = ['validation_failed', 'identity_not_found', 'conflict'] as const;

/** Routes of the review queue and of the operator's block: ours, under a grant of their own. */
export function reviewRoutes(r: ReturnType<typeof reviewHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: BASE, operation: 'listReviewCases', summary: 'List cases that wait for a person', guard, reads: 'none', query: review.QueueQuery, reply: review.CaseList, errors: ['validation_failed'], handler: r.listReviewCases }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getReviewCase', summary: 'Fetch a case with what to decide by', ...reading, errors: lookUp, handler: r.getReviewCase }),
    defineRoute({ method: 'POST', path: `${ONE}/approve`, operation: 'approveCase', summary: 'Approve a case', ...deciding, body: review.ApproveInput, errors: decided, handler: r.approveCase }),
    defineRoute({ method: 'POST', path: `${ONE}/reject`, operation: 'rejectCase', summary: 'Reject a case', ...deciding, body: review.RejectInput, errors: decided, handler: r.rejectCase }),
    defineRoute({ method: 'POST', path: `${IDENTITY}/block`, operation: 'blockIdentity', summary: 'Block an identity everywhere', ...blocking, errors: blocked, handler: r.blockIdentity }),
    defineRoute({ method: 'POST', path: `${IDENTITY}/unblock`, operation: 'unblockIdentity', summary: 'Lift the block of an identity', ...blocking, errors: blocked, handler: r.unblockIdentity }),
  ];
}
