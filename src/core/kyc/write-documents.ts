import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { Changed } from '../identities/revision.ts';
import type { RecordStores } from '../record-stores.ts';
import { type DocumentDetails, type OpenedDocument, sealDetails } from './document-content.ts';
import type { DocumentKind, StoredDocument } from './document-ports.ts';
import type { DocumentInput } from './identity-input.ts';

/** An identity that is being made or changed in the same transaction; its key is there. */
export type Owner = Pick<Changed, 'stored' | 'vault' | 'config' | 'key'>;

/** A stored file, as a document's row names it. */
export type StoredFile = Pick<StoredDocument, 'uploadId' | 'objectName' | 'file' | 'contentDigest'>;

/** What is said of a file; a label or description that is left out stays as it is. */
export type Sent = Pick<DocumentDetails, 'type' | 'side'> & Pick<DocumentInput, 'label' | 'description'>;

/** Puts one document after the other; one that was put before counts as being there. */
export function createWriter(
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
    async put(kind: DocumentKind, file: StoredFile, sent: Sent): Promise<void> {
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
