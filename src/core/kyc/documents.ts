import type { Deps } from '../deps.ts';
import type { Changed } from '../identities/revision.ts';
import type { IdentityId, PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { type OpenedDocument, openDetails } from './document-content.ts';
import { DocumentNotFound } from './document-errors.ts';
import type { StorageAddress } from './document-ports.ts';
import type { DocumentSide, DocumentType } from './provider.ts';
import { placeOf } from './storage-place.ts';

/** A document as it is shown. Personal data: goes into replies, nowhere else. */
export interface DocumentView {
  readonly id: string;
  readonly identityId: IdentityId;
  readonly type: DocumentType;
  readonly side: DocumentSide;
  readonly label: string | null;
  readonly description: string | null;
  /** Names the object; serves nothing by itself. */
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Deleted ones are not shown. */
  readonly deletedAt: null;
}

/** An identity as a request left it, with its documents. */
export interface Documented {
  readonly identity: Changed;
  readonly documents: readonly DocumentView[];
}

/** In the order in which they were added; none of an identity that is closed. Face images are never shown. */
export async function listDocuments(
  { documents, vault, storage }: Pick<Deps, 'documents' | 'vault' | 'storage'>,
  poolId: PoolId,
  identityId: IdentityId,
): Promise<DocumentView[]> {
  const rows = await documents.listDocuments(poolId, identityId);
  const views: DocumentView[] = [];
  for (const stored of rows) {
    const opened = openDetails(await vault.pool(poolId, stored.configVersion), stored);
    views.push(...viewOf(storage, opened));
  }
  return views;
}

/** A document that is shown. @throws DocumentNotFound Also for a face image. */
export async function getDocument(
  { documents, vault }: Pick<Deps, 'documents' | 'vault'>,
  { poolId, identityId, id }: { poolId: PoolId; identityId: IdentityId; id: string },
): Promise<OpenedDocument> {
  const stored = await documents.findDocument(poolId, identityId, id);
  if (stored === null || stored.kind !== 'document') throw new DocumentNotFound();
  return openDetails(await vault.pool(poolId, stored.configVersion), stored);
}

/** With the identity that is being deleted, in the same transaction (contract kyc 3.5). */
export function removeDocuments(
  tx: Pick<RecordStores, 'documents'>,
  { clock }: Pick<Deps, 'clock'>,
  { poolId, identityId }: { poolId: PoolId; identityId: IdentityId },
): Promise<void> {
  return tx.documents.markDeleted(poolId, identityId, clock.now());
}

/** As a list of one; face images are never shown, and give none. */
export function viewOf(storage: StorageAddress, { stored, details }: OpenedDocument): DocumentView[] {
  const { id, poolId, identityId, objectName, createdAt, updatedAt } = stored;
  const { type, side, label, description } = details;
  if (type === null || side === null) return [];
  const url = `${placeOf(storage, poolId).url}${objectName}`;
  return [{ id, identityId, type, side, label, description, url, createdAt, updatedAt, deletedAt: null }];
}
