import { attachUpload, contentDigest, openUpload } from '../blobs/document-keys.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InternalFault, InvalidInput } from '../errors.ts';
import type { Changed } from '../identities/revision.ts';
import type { IdentityId, PoolId, PoolVault, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { refreshPool, tryAgain } from '../records.ts';
import { type DocumentDetails, type OpenedDocument, openDetails, sealDetails } from './document-content.ts';
import { DocumentNotFound } from './document-errors.ts';
import type { DocumentKind, StorageAddress, StoredDocument } from './document-ports.ts';
import type { DocumentSide, DocumentType } from './provider.ts';
import { objectNameOf, placeOf } from './storage-place.ts';

/** What a request may carry, and what an identity may gather over the years. */
export const DOCUMENTS_PER_REQUEST_MAX = 20;
export const FACES_PER_REQUEST_MAX = 10;
export const DOCUMENTS_MAX = 100;
export const FACES_MAX = 50;

/** A document as clients sent it; `url` is `url` and `fields.key` of an upload form, put together. */
export interface DocumentItem {
  readonly type: DocumentType;
  readonly side: DocumentSide;
  readonly url: string;
  /** Left out: stays as it is. */
  readonly label?: string | null | undefined;
  readonly description?: string | null | undefined;
}

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

export interface Attached {
  /** `documents`, `faceImages`: what changed, for the identity's revision and audit entry. */
  readonly fields: readonly ('documents' | 'faceImages')[];
  /** Every document of the identity, as it is now. */
  readonly documents: readonly DocumentView[];
}

/** An identity that is being made or changed in the same transaction; its key is there. */
export type Owner = Pick<Changed, 'stored' | 'vault' | 'config' | 'key'>;

type AttachNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'storage'>;

/**
 * Gives uploaded files to an identity, within `together`. A document is known by type, side and file: one that is there
 * keeps its id and gets the new label and description, another one is added; nothing is ever removed. Face images that
 * are there already are passed over. An upload goes to the first identity that names it, for good.
 *
 * An identity that is being made: call this after `createWithin`. One that is being changed: before `changeWithin`, and
 * when `fields` is not empty the revision must not be null, whatever else it holds: the identity's version guards the
 * boxes against a rotation of its key meanwhile.
 *
 * @throws InvalidInput At `documents[i].url`, `faceImages[i]`: no address of ours, of another pool, never uploaded,
 *   expired, or of another identity; all look the same. At `documents`, `faceImages`: too many.
 * @see Contract kyc 3.1, 3.4; statements 22 to 24, 46.
 */
export async function attachDocuments(
  tx: Pick<RecordStores, 'documents'>,
  deps: AttachNeeds,
  _context: RequestContext,
  input: { identity: Owner; items?: readonly DocumentItem[]; faceImages?: readonly string[] },
): Promise<Attached> {
  const { identity, items = [], faceImages = [] } = input;
  const { poolId, id: identityId } = identity.stored;
  requireFew([
    ['documents', items.length, DOCUMENTS_PER_REQUEST_MAX],
    ['faceImages', faceImages.length, FACES_PER_REQUEST_MAX],
  ]);
  const before = (await tx.documents.listDocuments(poolId, identityId)).map((stored) =>
    openDetails(heldVault(deps, stored), stored),
  );
  const wanted = [
    ...items.map((item, index) => ({ url: item.url, path: ['documents', index, 'url'] as const })),
    ...faceImages.map((url, index) => ({ url, path: ['faceImages', index] as const })),
  ].map(({ url, path }) => ({ path, objectName: objectNameOf(deps.storage, poolId, url) }));
  const files = await takeFiles(tx, deps, identity, { before, names: wanted.map((one) => one.objectName) });
  const fileOf = (index: number): File | undefined => files.get(wanted[index]?.objectName ?? '');
  const refused = wanted.filter((_one, index) => fileOf(index) === undefined);
  if (refused.length > 0) throw new InvalidInput(refused.map(({ path }) => notUploaded(path)));

  const writer = createWriter(tx, deps, identity, before);
  for (const [index, { type, side, label, description }] of items.entries()) {
    const file = fileOf(index);
    if (file !== undefined) await writer.put('document', file, { type, side, label, description });
  }
  for (const index of faceImages.keys()) {
    const file = fileOf(items.length + index);
    if (file !== undefined) await writer.put('face', file, { type: null, side: null });
  }
  const { documents, changed } = writer.outcome();
  requireFew([
    ['documents', documents.filter(isDocument).length, DOCUMENTS_MAX],
    ['faceImages', documents.length - documents.filter(isDocument).length, FACES_MAX],
  ]);
  return {
    fields: [
      ...(changed.has('document') ? (['documents'] as const) : []),
      ...(changed.has('face') ? (['faceImages'] as const) : []),
    ],
    documents: documents.flatMap((one) => viewOf(deps.storage, one)),
  };
}

/** A stored file, as a document's row names it. */
type File = Pick<StoredDocument, 'uploadId' | 'objectName' | 'file' | 'contentDigest'>;

async function takeFiles(
  tx: Pick<RecordStores, 'documents'>,
  deps: AttachNeeds,
  { stored, vault: pool, config, key: identityKey }: Owner,
  { before, names }: { before: readonly OpenedDocument[]; names: readonly (string | null)[] },
): Promise<Map<string, File>> {
  const { poolId } = stored;
  if (identityKey === null) throw new InternalFault('documents for an identity without a key');
  const files = new Map<string, File>(before.map(({ stored: one }) => [one.objectName, one]));
  const missing = [...new Set(names)].filter((name) => name !== null && !files.has(name)) as string[];
  if (missing.length === 0) return files;
  const taken = await tx.documents.takeUploads(poolId, missing.sort(), deps.clock.now());
  // Wrapped, perhaps, under a pool key that is newer than what is in memory.
  if (taken.some(({ configVersion }) => configVersion > config.version))
    tryAgain(() => refreshPool(deps, poolId));
  for (const { id, objectName, facts, wrapped } of taken) {
    const upload = { id, facts, wrapped };
    files.set(objectName, {
      ...{ uploadId: id, objectName },
      file: attachUpload({ pool, identityKey }, upload),
      contentDigest: contentDigest(pool, openUpload(pool, upload).facts),
    });
  }
  return files;
}

type Sent = Pick<DocumentDetails, 'type' | 'side'> & Pick<DocumentItem, 'label' | 'description'>;

/** Puts one document after the other; one that was put before counts as being there. */
function createWriter(
  tx: Pick<RecordStores, 'documents'>,
  { clock, ids }: Pick<Deps, 'clock' | 'ids'>,
  { stored: identity, key }: Owner,
  before: readonly OpenedDocument[],
) {
  const { poolId, id: identityId, wrappedKey, configVersion } = identity;
  const documents = [...before];
  const changed = new Set<DocumentKind>();
  if (key === null || wrappedKey === null) throw new InternalFault('documents for an identity without a key');
  return {
    async put(kind: DocumentKind, file: File, sent: Sent): Promise<void> {
      const { type, side } = sent;
      const at = documents.findIndex(
        ({ stored, details }) =>
          stored.kind === kind &&
          stored.objectName === file.objectName &&
          details.type === type &&
          details.side === side,
      );
      const known = documents[at];
      const { label = known?.details.label ?? null, description = known?.details.description ?? null } = sent;
      const details: DocumentDetails = { type, side, label, description };
      const now = clock.now();
      if (known === undefined) {
        const id = ids.next();
        const { uploadId, objectName, contentDigest: digest } = file;
        const row = {
          ...{ poolId, identityId, id, kind, uploadId, objectName, file: file.file, contentDigest: digest },
          ...{ details: sealDetails(key, id, details), createdAt: now, updatedAt: now },
        };
        await tx.documents.insertDocument(row);
        documents.push({ stored: { ...row, wrappedKey, configVersion }, details });
        changed.add(kind);
      } else if (known.details.label !== label || known.details.description !== description) {
        const { id } = known.stored;
        const row = { ...known.stored, details: sealDetails(key, id, details), updatedAt: now };
        await tx.documents.replaceDetails(row);
        documents[at] = { stored: row, details };
        changed.add(kind);
      }
    },
    outcome: () => ({ documents, changed }),
  };
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

function isDocument({ stored }: OpenedDocument): boolean {
  return stored.kind === 'document';
}

function viewOf(storage: StorageAddress, { stored, details }: OpenedDocument): DocumentView[] {
  const { id, poolId, identityId, objectName, createdAt, updatedAt } = stored;
  const { type, side, label, description } = details;
  if (type === null || side === null) return [];
  const url = `${placeOf(storage, poolId).url}${objectName}`;
  return [{ id, identityId, type, side, label, description, url, createdAt, updatedAt, deletedAt: null }];
}

function heldVault(deps: Pick<Deps, 'vault' | 'configs'>, stored: StoredDocument): PoolVault {
  const { poolId, configVersion } = stored;
  return deps.vault.held(poolId, configVersion) ?? tryAgain(() => refreshPool(deps, poolId));
}

function requireFew(lists: readonly (readonly [string, number, number])[]): void {
  const problems = lists.flatMap(([name, count, max]): FieldProblem[] =>
    count <= max
      ? []
      : [{ path: [name], code: 'invalid', rule: 'length', message: `Must have at most ${max} items.` }],
  );
  if (problems.length > 0) throw new InvalidInput(problems);
}

function notUploaded(path: FieldProblem['path']): FieldProblem {
  return { path, code: 'invalid', rule: 'format', message: 'Must be the address of an uploaded file.' };
}
