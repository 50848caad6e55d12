import { type OpenBlob, openDocument } from '../blobs/document-keys.ts';
import { SealBroken } from '../errors.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import type { StoredDocument } from './document-ports.ts';
import type { DocumentSide, DocumentType } from './provider.ts';

/** What a client says of a document. Face images have no type and no side. */
export interface DocumentDetails {
  readonly type: DocumentType | null;
  readonly side: DocumentSide | null;
  readonly label: string | null;
  readonly description: string | null;
}

/** A document's own words with its row; the file itself stays shut. */
export interface OpenedDocument {
  readonly stored: StoredDocument;
  readonly details: DocumentDetails;
}

export function sealDetails(key: DataKey, id: string, details: DocumentDetails): Buffer {
  return key.seal(detailsSection(id), Buffer.from(JSON.stringify(details)));
}

/** @param vault Of the row's configuration version, or a later one. @throws SealBroken */
export function openDetails(vault: PoolVault, stored: StoredDocument): OpenedDocument {
  const key = vault.openIdentityKey(stored.identityId, stored.wrappedKey);
  return { stored, details: parseDetails(key.open(detailsSection(stored.id), stored.details)) };
}

/** @param vault As `openDetails`. @throws SealBroken */
export function openFile(pool: PoolVault, stored: StoredDocument): OpenBlob {
  const identityKey = pool.openIdentityKey(stored.identityId, stored.wrappedKey);
  return openDocument({ pool, identityKey }, { id: stored.uploadId, box: stored.file });
}

/** @throws SealBroken */
export function resealDetails(
  { from, to }: { from: DataKey; to: DataKey },
  { id, details }: Pick<StoredDocument, 'id' | 'details'>,
): Buffer {
  const plaintext = from.open(detailsSection(id), details);
  const again = to.seal(detailsSection(id), plaintext);
  plaintext.fill(0);
  return again;
}

function detailsSection(id: string): string {
  return `document-details:${id}`;
}

function parseDetails(plaintext: Buffer): DocumentDetails {
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('details of a document hold no JSON');
  }
}
