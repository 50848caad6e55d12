import { stampOf } from '../audit/stamp.ts';
import { contentRange, readRangeHeader } from '../blobs/byte-range.ts';
import { contentDigest, type OpenBlob } from '../blobs/document-keys.ts';
import type { ByteRange, Bytes } from '../blobs/ports.ts';
import { readDocument } from '../blobs/read-document.ts';
import { checkViewQuery, createViewQuery, LINK_SECONDS, viewHeaders } from '../blobs/view-links.ts';
import type { Deps } from '../deps.ts';
import { InternalFault, NotFound } from '../errors.ts';
import type { IdentityId, PoolId, PoolVault, RequestContext } from '../ports.ts';
import { openFile } from './document-content.ts';
import { DocumentNotFound } from './document-errors.ts';
import type { StoredDocument } from './document-ports.ts';
import { getDocument } from './documents.ts';
import type { FileLink } from './provider.ts';
import { placeOf } from './storage-place.ts';
import { openPool } from './uploads.ts';

/**
 * A link that shows a document without an API key for 900 s. That it was issued, by which key, goes into the audit log.
 *
 * @param input.identityId Of the caller's pool, and there: the caller has looked.
 * @throws DocumentNotFound Missing, deleted, a face image, or of another identity.
 * @see Contract kyc 3.7; statements 51 to 53.
 */
export async function createViewLink(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'documents' | 'storage' | 'audit'>,
  context: RequestContext,
  { identityId, id }: { identityId: IdentityId; id: string },
): Promise<string> {
  const { poolId } = context.principal;
  const { stored } = await getDocument(deps, { poolId, identityId, id });
  const pool = await deps.vault.pool(poolId, stored.configVersion);
  const link = linkTo(deps, pool, stored);
  await deps.audit.recordEntry(stampOf(deps, context, poolId, pool), {
    action: 'identity.viewed',
    subjectId: identityId,
    fields: [`documents.${id}`],
  });
  return link;
}

/** A link to a file of either kind. Whoever gives it out has it in the audit log first. */
export function linkTo(
  deps: Pick<Deps, 'clock' | 'storage'>,
  pool: PoolVault,
  stored: StoredDocument,
): string {
  const { contentType } = openFile(pool, stored).facts;
  const { url, path, bucket } = placeOf(deps.storage, stored.poolId);
  const { host } = new URL(url);
  const target = { host, path: `${path}${stored.objectName}`, bucket, contentType };
  return `${url}${stored.objectName}?${createViewQuery({ pool, clock: deps.clock }, target)}`;
}

/**
 * A link to a document or a face image, for a provider outside: as `createViewLink`, the installation itself acting.
 */
export async function createProviderLink(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'storage' | 'audit'>,
  stored: StoredDocument,
): Promise<FileLink> {
  const { poolId, identityId, id } = stored;
  const pool = await deps.vault.pool(poolId, stored.configVersion);
  const { contentType, sizeBytes, sha256 } = openFile(pool, stored).facts;
  const url = linkTo(deps, pool, stored);
  await deps.audit.recordEntry(stampOf(deps, null, poolId, pool), {
    action: 'identity.viewed',
    subjectId: identityId,
    fields: [`documents.${id}`],
  });
  const expiresAt = new Date(deps.clock.now().getTime() + LINK_SECONDS * 1000);
  return { url, expiresAt, contentType, sizeBytes, sha256 };
}

/** A stored file on its way out. */
export interface Shown {
  /** 206 for a part of it, 416 for a part that there is not. */
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Bytes;
  readonly sizeBytes: number;
}

/**
 * What a link opens. Whether the document and its identity's key are still there is looked up for each request.
 *
 * The signed host is that of this deployment's own origin, not the one that a proxy passed on.
 *
 * @param input.path As sent. @param input.query As sent, without its question mark.
 * @throws LinkRefused @throws LinkExpired @throws DocumentNotFound
 * @throws StorageNotFound @throws SealBroken
 */
export async function serveView(
  deps: Pick<Deps, 'clock' | 'vault' | 'configs' | 'documents' | 'blobs' | 'storage'>,
  input: {
    poolId: PoolId;
    objectName: string;
    method: string;
    path: string;
    query: string;
    range?: string | undefined;
  },
): Promise<Shown> {
  const { poolId, objectName, method, path, query } = input;
  const { url, bucket } = placeOf(deps.storage, poolId);
  const pool = await openPool(deps, poolId);
  checkViewQuery({ pool, clock: deps.clock }, { method, host: new URL(url).host, path, bucket, query });
  const stored = await deps.documents.findByObject(poolId, objectName);
  if (stored === null) throw new DocumentNotFound();
  const blob = openFile(await deps.vault.pool(poolId, stored.configVersion), stored);
  return show(deps, blob, input.range);
}

function show({ blobs }: Pick<Deps, 'blobs'>, blob: OpenBlob, header: string | undefined): Shown {
  const { sizeBytes } = blob.facts;
  const headers = viewHeaders(blob.facts);
  const range = readRangeHeader(header, sizeBytes);
  if (range === null) {
    const none = { ...headers, 'content-range': `bytes */${sizeBytes}` };
    return { status: 416, headers: none, bytes: nothing(), sizeBytes: 0 };
  }
  if (range === 'all') return { status: 200, headers, bytes: contentOf(blobs, blob), sizeBytes };
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange(range, sizeBytes) },
    bytes: contentOf(blobs, blob, range),
    sizeBytes: range.end - range.start,
  };
}

/** @throws DocumentNotFound The store has no such object, or not any more. */
async function* contentOf(
  blobs: Deps['blobs'],
  blob: OpenBlob,
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  try {
    yield* await readDocument({ blobs }, blob, range);
  } catch (error) {
    throw error instanceof NotFound ? new DocumentNotFound() : error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/**
 * A stored file whole, for a check: at most 10 MiB.
 *
 * @returns Null when the store has no such object. @throws SealBroken @throws Unavailable
 */
export async function readDocumentFile(
  { vault, blobs }: Pick<Deps, 'vault' | 'blobs'>,
  stored: StoredDocument,
): Promise<Uint8Array | null> {
  const blob = openFile(await vault.pool(stored.poolId, stored.configVersion), stored);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of contentOf(blobs, blob)) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof DocumentNotFound) return null;
    throw error;
  }
}

/** Whether another identity of the pool has a live document with these bytes (contract kyc 4.5, `file_distinct`). */
export async function isDocumentOfAnother(
  { vault, documents }: Pick<Deps, 'vault' | 'documents'>,
  { poolId, identityId, sha256 }: { poolId: PoolId; identityId: IdentityId; sha256: string },
): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new InternalFault('not a digest of a document');
  return documents.isContentOfAnother(
    poolId,
    identityId,
    contentDigest(await vault.pool(poolId), { sha256 }),
  );
}
