import { objectNameOfKey } from '../blobs/blob-key.ts';
import type { Bytes } from '../blobs/ports.ts';
import { receiveUpload as receiveFile } from '../blobs/receive-upload.ts';
import { createUploadForm, readUploadExtension, type UploadFields } from '../blobs/upload-forms.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { PoolId, PoolVault, RequestContext } from '../ports.ts';
import { StorageNotFound } from './document-errors.ts';
import { placeOf } from './storage-place.ts';

/** From the upload to the identity that it is attached to; then it is removed. */
const UPLOAD_KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * A form for one file, good for 900 s. Of the file's name the extension is used and nothing else.
 *
 * @throws InvalidInput At `filename`: no extension, or another than jpg, jpeg, png, pdf.
 * @throws WrongState The pool is closed.
 * @see Contract kyc 3.6.
 */
export async function createUpload(
  deps: Pick<Deps, 'clock' | 'random' | 'vault' | 'configs' | 'storage'>,
  { principal: { poolId } }: RequestContext,
  { filename }: { filename: string },
): Promise<{ url: string; fields: UploadFields }> {
  const extension = readUploadExtension(filename);
  if (extension === null) {
    const message = 'Must end in .jpg, .jpeg, .png or .pdf.';
    throw new InvalidInput([{ path: ['filename'], code: 'invalid', rule: 'format', message }]);
  }
  const config = await deps.configs.any(poolId);
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const place = placeOf(deps.storage, poolId);
  const pool = await deps.vault.pool(poolId, config.version);
  return { url: place.url, fields: createUploadForm({ ...deps, pool }, { ...place, extension }) };
}

type ReceiveNeeds = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'blobs' | 'forms' | 'hasher' | 'documents' | 'storage'
>;

/**
 * Takes the file that a form was sent with. Once this returns, file, key and row are durable, and the address may be
 * given to one identity within a day. A failure in between leaves at most a file that nobody can open.
 *
 * @throws UploadRefused @throws UploadNotAccepted @throws BodyTooLarge @throws BlobTaken @throws StorageNotFound
 */
export async function receiveUpload(
  deps: ReceiveNeeds,
  input: { poolId: PoolId; contentType: string; body: Bytes },
): Promise<void> {
  const { poolId, contentType, body } = input;
  const pool = await openPool(deps, poolId);
  const place = placeOf(deps.storage, poolId);
  const { upload, facts } = await receiveFile(deps, { ...place, pool, contentType, body });
  const createdAt = deps.clock.now();
  const expiresAt = new Date(createdAt.getTime() + UPLOAD_KEPT_MS);
  try {
    const objectName = objectNameOfKey(facts.key);
    await deps.documents.insertUpload(poolId, { ...upload, objectName, createdAt, expiresAt });
  } catch (error) {
    await deps.blobs.delete(facts.key).catch(() => {});
    throw error;
  }
}

/**
 * Keys of the pool that an address names: of nobody's choosing but the caller's, so unknown ones cost one look-up.
 * @throws StorageNotFound
 */
export async function openPool(
  { vault, configs }: Pick<Deps, 'vault' | 'configs'>,
  poolId: PoolId,
): Promise<PoolVault> {
  const config = await configs.any(poolId).catch((error: unknown) => {
    // Elsewhere that is a missing identity; here there is none in question.
    throw error instanceof NotFound ? new StorageNotFound() : error;
  });
  if (!config.isOpen) throw new StorageNotFound();
  return vault.pool(poolId, config.version);
}
