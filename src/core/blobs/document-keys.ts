import { SealBroken } from '../errors.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import { readBlobKey } from './blob-key.ts';
import { type ContentFacts, isContentProblem, isContentType } from './content-type.ts';
import type { BlobId, BlobKey } from './ports.ts';

const FORMAT = 1;

/** What is known of a stored file; personal data, since equal files have equal digests. */
export interface BlobFacts extends ContentFacts {
  readonly key: BlobKey;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** An upload that belongs to no identity yet, as it is stored; see the README for the tables. */
export interface StoredUpload {
  readonly id: BlobId;
  /** The content key under the pool's key. To be deleted when the upload is attached, in the same transaction. */
  readonly wrapped: Buffer;
  /** The facts under the content key. */
  readonly facts: Buffer;
}

/** A file with its key opened. */
export interface OpenBlob {
  readonly id: BlobId;
  readonly key: DataKey;
  readonly facts: BlobFacts;
}

/** A fresh content key, for one file. */
export function createContentKey(pool: PoolVault, id: BlobId): { key: DataKey; wrapped: Buffer } {
  return pool.createIdentityKey(id);
}

/** What `StoredUpload.facts` holds. */
export function sealFacts(key: DataKey, id: BlobId, facts: BlobFacts): Buffer {
  return key.seal(factsSection(id), Buffer.from(JSON.stringify(facts)));
}

/** @throws SealBroken Of another pool, of another upload, or changed. */
export function openUpload(pool: PoolVault, upload: StoredUpload): OpenBlob {
  const { id } = upload;
  const key = pool.openIdentityKey(id, upload.wrapped);
  return { id, key, facts: readFacts(parse(key.open(factsSection(id), upload.facts))) };
}

/**
 * Hands an upload over to an identity: its content key and its facts in one box under the identity's data key. The
 * stored bytes stay as they are. From the moment at which `upload.wrapped` is deleted, the file is as readable as the
 * identity, and gone when the identity is erased.
 *
 * @returns The box, for the identity's documents; opens with the same id and identity only.
 * @throws SealBroken
 */
export function attachUpload(
  { pool, identityKey }: { pool: PoolVault; identityKey: DataKey },
  upload: StoredUpload,
): Buffer {
  const { id, facts } = openUpload(pool, upload);
  const content = { format: FORMAT, wrapped: upload.wrapped.toString('base64'), facts };
  return identityKey.seal(documentSection(id), Buffer.from(JSON.stringify(content)));
}

/** @throws SealBroken Another identity's or file's box, a changed one, or the identity's key is not the one. */
export function openDocument(
  { pool, identityKey }: { pool: PoolVault; identityKey: DataKey },
  document: { id: BlobId; box: Uint8Array },
): OpenBlob {
  const { id, box } = document;
  const { wrapped, facts } = readBox(identityKey.open(documentSection(id), box));
  return { id, key: pool.openIdentityKey(id, wrapped), facts };
}

/**
 * The same box under the identity's new data key, and the content key within under the pool's newest key.
 *
 * @throws SealBroken
 */
export function resealDocument(
  { pool, from, to }: { pool: PoolVault; from: DataKey; to: DataKey },
  document: { id: BlobId; box: Uint8Array },
): Buffer {
  const { id, box } = document;
  const { wrapped, facts } = readBox(from.open(documentSection(id), box));
  const newest = pool.rewrapIdentityKey(id, wrapped) ?? wrapped;
  const content = { format: FORMAT, wrapped: newest.toString('base64'), facts };
  return to.seal(documentSection(id), Buffer.from(JSON.stringify(content)));
}

/** Finds equal files of one pool without telling anything about them (contract kyc 4.5, `file_distinct`). */
export function contentDigest(pool: PoolVault, { sha256 }: Pick<BlobFacts, 'sha256'>): Buffer {
  return pool.digest('document:content', sha256);
}

function documentSection(id: BlobId): string {
  return `document:${id}`;
}

function factsSection(id: BlobId): string {
  return `document:${id}:facts`;
}

function readBox(plaintext: Buffer): { wrapped: Buffer; facts: BlobFacts } {
  const box = parse(plaintext);
  plaintext.fill(0);
  if (box.format !== FORMAT) throw new SealBroken('a document of an unknown format');
  return { wrapped: Buffer.from(String(box.wrapped), 'base64'), facts: readFacts(box.facts) };
}

function parse(plaintext: Buffer): Record<string, unknown> {
  return JSON.parse(plaintext.toString('utf8'));
}

/** Written by this code and authenticated; checked all the same, because what is stored outlives the code. */
function readFacts(value: unknown): BlobFacts {
  const { key, sizeBytes, sha256, contentType, problem, width, height } = value as Record<string, unknown>;
  const blobKey = readBlobKey(String(key));
  if (blobKey === null || typeof sizeBytes !== 'number' || !isContentType(contentType))
    throw new SealBroken('facts of a document cannot be read');
  return {
    key: blobKey,
    sizeBytes,
    sha256: String(sha256),
    contentType,
    problem: isContentProblem(problem) ? problem : null,
    width: typeof width === 'number' ? width : null,
    height: typeof height === 'number' ? height : null,
  };
}
