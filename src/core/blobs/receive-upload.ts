import { BodyTooLarge } from '../errors.ts';
import type { Clock, Ids, PoolVault } from '../ports.ts';
import { type ContentType, createContentProbe, isExtensionOf } from './content-type.ts';
import { type BlobFacts, createContentKey, type StoredUpload, sealFacts } from './document-keys.ts';
import { UploadNotAccepted } from './errors.ts';
import type { BlobId, BlobStore, Bytes, ContentHasher, FormReader } from './ports.ts';
import { sealChunks, sealedSizeOf } from './sealed-chunks.ts';
import { type AcceptedForm, checkUploadForm, UPLOAD_BYTES_MAX, type UploadPlace } from './upload-forms.ts';

export interface ReceiveDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly blobs: BlobStore;
  readonly forms: FormReader;
  readonly hasher: ContentHasher;
}

export interface ReceivedUpload {
  /** For the caller to store, before the upload is acknowledged; see `discard`. */
  readonly upload: StoredUpload;
  readonly facts: BlobFacts;
}

/**
 * Takes one file sent with an upload form: checks the form before the first byte of the file is read, then seals
 * and stores the file while it comes in, under a content key of its own. Memory: one chunk, and what the probe holds.
 *
 * The file is stored when this returns, but nobody can find it until the caller has stored `upload`. Should that fail,
 * the caller deletes the file (`blobs.delete(facts.key)`): without its key it is noise in any case.
 *
 * @throws UploadRefused @throws UploadNotAccepted @throws BodyTooLarge @throws BlobTaken @throws Unavailable
 */
export async function receiveUpload(
  deps: ReceiveDeps,
  input: UploadPlace & { pool: PoolVault; contentType: string; body: Bytes },
): Promise<ReceivedUpload> {
  const { clock, ids, blobs, forms, hasher } = deps;
  const { pool, contentType, body } = input;
  const parts = await forms.read({ contentType, body }, { fileBytesMax: UPLOAD_BYTES_MAX });
  let form: AcceptedForm;
  try {
    form = checkUploadForm({ pool, clock }, { ...input, fields: parts.fields });
  } catch (error) {
    parts.discard();
    throw error;
  }
  const id = ids.next() as BlobId;
  const { key, wrapped } = createContentKey(pool, id);
  const inspected = inspect(parts.file, form, hasher);
  await blobs.put(form.key, sealChunks({ id, key }, inspected.content), {
    sizeBytesMax: sealedSizeOf(form.sizeBytesMax),
  });
  const facts: BlobFacts = { key: form.key, ...inspected.result() };
  return { upload: { id, wrapped, facts: sealFacts(key, id, facts) }, facts };
}

/** Passes the file on as it is; ends with an error, and so leaves nothing stored, when it is not what the form allows. */
function inspect(file: Bytes, form: AcceptedForm, hasher: ContentHasher) {
  const probe = createContentProbe();
  const hash = hasher.start();
  let sizeBytes = 0;
  let found: Omit<BlobFacts, 'key'> | null = null;
  const requireType = (type: ContentType | null): void => {
    if (type === null || !isExtensionOf(type, form.extension))
      throw new UploadNotAccepted('The file is not of the type that its name says.');
  };
  async function* content(): AsyncGenerator<Uint8Array> {
    for await (const piece of file) {
      sizeBytes += piece.length;
      if (sizeBytes > form.sizeBytesMax) throw new BodyTooLarge();
      const isUntyped = probe.type() === undefined;
      probe.push(piece);
      hash.update(piece);
      const type = probe.type();
      if (isUntyped && type !== undefined) requireType(type);
      yield piece;
    }
    if (sizeBytes < form.sizeBytesMin) throw new UploadNotAccepted('The file is empty.');
    const facts = probe.finish();
    requireType(facts?.contentType ?? null);
    if (facts !== null) found = { ...facts, sizeBytes, sha256: hash.digest().toString('hex') };
  }
  return {
    content: content(),
    result: (): Omit<BlobFacts, 'key'> => {
      if (found === null) throw new UploadNotAccepted('The file did not arrive whole.');
      return found;
    },
  };
}
