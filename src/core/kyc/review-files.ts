import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { openDetails } from './document-content.ts';
import { type DocumentView, viewOf } from './documents.ts';
import { linkTo } from './view-document.ts';

/** A document with a link that opens it. */
export interface ReviewDocument extends DocumentView {
  readonly link: string;
}

export interface ReviewFiles {
  readonly documents: readonly ReviewDocument[];
  /** The one place that shows them: whoever compares faces has to see them. */
  readonly faceImages: readonly { readonly id: string; readonly createdAt: Date; readonly link: string }[];
}

/**
 * Every file of an identity, each with a link for 900 s. Which files they were, and which key asked, is in the audit
 * log before the links are given out.
 *
 * @param identityId Of the caller's pool, and there: the caller has looked.
 */
export async function listReviewFiles(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'documents' | 'storage' | 'audit'>,
  context: RequestContext,
  identityId: IdentityId,
): Promise<ReviewFiles> {
  const { poolId } = context.principal;
  const rows = await deps.documents.listDocuments(poolId, identityId);
  const documents: ReviewDocument[] = [];
  const faceImages: { id: string; createdAt: Date; link: string }[] = [];
  for (const stored of rows) {
    const pool = await deps.vault.pool(poolId, stored.configVersion);
    const { id, createdAt } = stored;
    const link = linkTo(deps, pool, stored);
    const views = viewOf(deps.storage, openDetails(pool, stored));
    for (const view of views) documents.push({ ...view, link });
    if (views.length === 0) faceImages.push({ id, createdAt, link });
  }
  if (rows.length > 0) {
    const stamp = stampOf(deps, context, poolId, await deps.vault.pool(poolId));
    const fields = rows.map(({ kind, id }) => `${kind === 'face' ? 'faceImages' : 'documents'}.${id}`);
    await deps.audit.recordEntry(stamp, { action: 'identity.viewed', subjectId: identityId, fields });
  }
  return { documents, faceImages };
}
