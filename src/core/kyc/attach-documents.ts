import { attachUpload, contentDigest, openUpload } from '../blobs/document-keys.ts';
import type { Deps } from '../deps.ts';
import { type FieldPath, type FieldProblem, InternalFault, InvalidInput } from '../errors.ts';
import type { PoolVault } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { refreshPool, tryAgain } from '../records.ts';
import { type OpenedDocument, openDetails } from './document-content.ts';
import type { DocumentKind, StorageAddress, StoredDocument } from './document-ports.ts';
import { type DocumentView, viewOf } from './documents.ts';
import type { KycInput } from './identity-input.ts';
import { objectNameOf } from './storage-place.ts';
import { createWriter, type Owner, type Sent, type StoredFile } from './write-documents.ts';

/** What a request may carry, and what an identity may gather over the years. */
export const DOCUMENTS_PER_REQUEST_MAX = 20;
export const FACES_PER_REQUEST_MAX = 10;
const DOCUMENTS_MAX = 100;
const FACES_MAX = 50;

/** What a request sends of files; each address is `url` and `fields.key` of an upload form, put together. */
export type Evidence = Pick<KycInput, 'documents' | 'faceImages'>;

export interface Attached {
  /** `documents`, `faceImages`: what changed, for the identity's revision and audit entry. */
  readonly fields: readonly ('documents' | 'faceImages')[];
  /** Every document of the identity, as it is now. */
  readonly documents: readonly DocumentView[];
}

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
  identity: Owner,
  input: Evidence,
): Promise<Attached> {
  const { poolId, id } = identity.stored;
  requireFew([
    ['documents', input.documents?.length ?? 0, DOCUMENTS_PER_REQUEST_MAX],
    ['faceImages', input.faceImages?.length ?? 0, FACES_PER_REQUEST_MAX],
  ]);
  const rows = await tx.documents.listDocuments(poolId, id);
  const before = rows.map((stored) => openDetails(heldVault(deps, stored), stored));
  const wanted = wantedOf(deps, identity, input);
  const files = await takeFiles(tx, deps, identity, { before, wanted });
  const refused = wanted.filter(({ objectName }) => !files.has(objectName));
  if (refused.length > 0) {
    // The same request, sent twice at once: the other one has attached them meanwhile.
    if ((await tx.documents.listDocuments(poolId, id)).length > before.length) tryAgain();
    throw new InvalidInput(refused.map(({ path }) => notUploaded(path)));
  }
  const writer = createWriter(tx, deps, identity, before);
  for (const { objectName, kind, sent } of wanted) {
    const file = files.get(objectName);
    if (file !== undefined) await writer.put(kind, file, sent);
  }
  return outcomeOf(deps, writer.outcome());
}

/** What was sent of one file, and where. */
interface Wanted {
  readonly path: FieldPath;
  /** Empty: no object's, of no upload. */
  readonly objectName: string;
  readonly kind: DocumentKind;
  readonly sent: Sent;
}

function wantedOf(
  { storage }: { storage: StorageAddress },
  { stored: { poolId } }: Owner,
  { documents = [], faceImages = [] }: Evidence,
): Wanted[] {
  const nameOf = (url: string): string => objectNameOf(storage, poolId, url) ?? '';
  return [
    ...documents.map(
      ({ url, ...sent }, index): Wanted => ({
        ...{ path: ['documents', index, 'url'], objectName: nameOf(url), kind: 'document', sent },
      }),
    ),
    ...faceImages.map(
      (url, index): Wanted => ({
        ...{ path: ['faceImages', index], objectName: nameOf(url), kind: 'face' },
        sent: { type: null, side: null },
      }),
    ),
  ];
}

/** Files of the identity's own, and uploads that become such, by their objects' names. */
async function takeFiles(
  tx: Pick<RecordStores, 'documents'>,
  deps: AttachNeeds,
  { stored, vault: pool, config, key: identityKey }: Owner,
  { before, wanted }: { before: readonly OpenedDocument[]; wanted: readonly Wanted[] },
): Promise<ReadonlyMap<string, StoredFile>> {
  const { poolId } = stored;
  if (identityKey === null) throw new InternalFault('documents for an identity without a key');
  const files = new Map<string, StoredFile>(before.map(({ stored: one }) => [one.objectName, one]));
  const missing = new Set(wanted.map(({ objectName }) => objectName).filter((name) => !files.has(name)));
  if (missing.size === 0) return files;
  const taken = await tx.documents.takeUploads(poolId, [...missing].sort(), deps.clock.now());
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

function outcomeOf(
  { storage }: { storage: StorageAddress },
  { documents, changed }: ReturnType<ReturnType<typeof createWriter>['outcome']>,
): Attached {
  const count = documents.filter(({ stored }) => stored.kind === 'document').length;
  requireFew([
    ['documents', count, DOCUMENTS_MAX],
    ['faceImages', documents.length - count, FACES_MAX],
  ]);
  return {
    fields: [
      ...(changed.has('document') ? (['documents'] as const) : []),
      ...(changed.has('face') ? (['faceImages'] as const) : []),
    ],
    documents: documents.flatMap((one) => viewOf(storage, one)),
  };
}

function heldVault(deps: Pick<Deps, 'vault' | 'configs'>, stored: StoredDocument): PoolVault {
  const { poolId, configVersion } = stored;
  return deps.vault.held(poolId, configVersion) ?? tryAgain(() => refreshPool(deps, poolId));
}

function requireFew(lists: readonly (readonly [string, number, number])[]): void {
  const problems = lists.flatMap(([name, count, max]): FieldProblem[] =>
    count <= max
      ? []
      : [{ path: [name], code: 'invalid', rule: 'length', message: `must have at most ${max} items` }],
  );
  if (problems.length > 0) throw new InvalidInput(problems);
}

function notUploaded(path: FieldProblem['path']): FieldProblem {
  return { path, code: 'invalid', rule: 'format', message: 'must be the address of an uploaded file' };
}
