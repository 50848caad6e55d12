import type { BlobId } from '../blobs/ports.ts';
import type { IdentityId, PoolId } from '../ports.ts';

export type DocumentKind = 'document' | 'face';

/** A document's row, sealed, with the wrapped data key of its identity and the configuration version at that moment. */
export interface StoredDocument {
  readonly poolId: PoolId;
  readonly identityId: IdentityId;
  readonly id: string;
  readonly kind: DocumentKind;
  readonly uploadId: BlobId;
  readonly objectName: string;
  /** The file's content key and facts; see core/blobs. */
  readonly file: Buffer;
  readonly details: Buffer;
  readonly contentDigest: Buffer;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly wrappedKey: Buffer;
  readonly configVersion: number;
}

export type DocumentInsert = Omit<StoredDocument, 'wrappedKey' | 'configVersion'>;

export interface UploadRow {
  readonly id: BlobId;
  readonly objectName: string;
  readonly facts: Buffer;
  readonly wrapped: Buffer;
  readonly configVersion: number;
}

/** Uploads, and the documents that they become. Closed and merged identities have none, as far as reading goes. */
export interface DocumentStore {
  /** Row and key in one statement. */
  insertUpload(
    poolId: PoolId,
    upload: Omit<UploadRow, 'configVersion'> & { readonly createdAt: Date; readonly expiresAt: Date },
  ): Promise<void>;
  /** Takes uploads that are still to be had, rows and keys, in one statement: nobody else gets them. */
  takeUploads(poolId: PoolId, objectNames: readonly string[], now: Date): Promise<UploadRow[]>;
  /** Live ones of both kinds, in the order in which they were added. */
  listDocuments(poolId: PoolId, identityId: IdentityId): Promise<StoredDocument[]>;
  findDocument(poolId: PoolId, identityId: IdentityId, id: string): Promise<StoredDocument | null>;
  findByObject(poolId: PoolId, objectName: string): Promise<StoredDocument | null>;
  insertDocument(document: DocumentInsert): Promise<void>;
  replaceDetails(
    document: Pick<StoredDocument, 'poolId' | 'identityId' | 'id' | 'details' | 'updatedAt'>,
  ): Promise<void>;
  /** Hides them; their files stay until the identity is removed for good or erased. */
  markDeleted(poolId: PoolId, identityId: IdentityId, at: Date): Promise<void>;
  /** Whether a live document of another identity has these bytes. */
  isContentOfAnother(poolId: PoolId, identityId: IdentityId, contentDigest: Buffer): Promise<boolean>;

  /** Removes up to `limit` uploads of a pool that expired, and queues their objects. @returns How many. */
  removeExpiredUploads(poolId: PoolId, now: Date, limit: number): Promise<number>;
  /** A scatter, once a tick: pools with expired uploads or queued objects. */
  listPoolsWithWaste(now: Date): Promise<PoolId[]>;
  listRemovals(poolId: PoolId, input: { after: string | null; limit: number }): Promise<string[]>;
  forgetRemoval(poolId: PoolId, objectName: string): Promise<void>;
}

/** Where clients reach the storage of uploaded files. */
export interface StorageAddress {
  /** `https://example.com`, without a slash at its end. */
  origin(): string;
}
