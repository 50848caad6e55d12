import type { Uuid } from '../../kit/ids.ts';

/** Chosen by the server, see `blob-key.ts`; only that file makes one. */
export type BlobKey = string & { readonly isBlobKey: true };

/** One stored file's id: it names the file's content key, and the box in which an identity keeps that. */
export type BlobId = Uuid & { readonly isBlob: true };

/** Bytes `start` to `end`, the last one excluded. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type Bytes = AsyncIterable<Uint8Array>;

/**
 * Keeps bytes that are sealed already; it never sees content. Whoever can write to the store can remove files, and
 * anything else that it does to them is noticed when they are opened.
 */
export interface BlobStore {
  /**
   * Stores all of `content`, or nothing. What was given an answer is durable; before that nothing can be read, listed
   * or counted, also after a crash.
   *
   * @param limits.sizeBytesMax Of what is stored; more than that is a fault of the caller.
   * @throws BlobTaken There is something under this key. @throws Unavailable
   * @throws Whatever `content` throws.
   */
  put(key: BlobKey, content: Bytes, limits: { sizeBytesMax: number }): Promise<{ sizeBytes: number }>;
  /**
   * The bytes, read while they are asked for, in pieces of at most 1 MiB.
   *
   * @param range What of it lies beyond the end is left out. Default: everything.
   * @throws NotFound @throws Unavailable Both may also come while reading.
   */
  read(key: BlobKey, range?: ByteRange): Promise<Bytes>;
  /** @throws Unavailable */
  stat(key: BlobKey): Promise<{ readonly sizeBytes: number } | null>;
  /** Deleting what is not there is done. @throws Unavailable */
  delete(key: BlobKey): Promise<void>;
}

/** SHA-256 of a stream. */
export interface ContentHasher {
  start(): { update(bytes: Uint8Array): void; digest(): Buffer };
}

/** A `multipart/form-data` body as far as its file. */
export interface UploadParts {
  /** The fields before the file, under their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /**
   * Ends only once the whole form was read: throws when more parts follow, when the body is cut off, and when it is
   * larger than allowed. To be read to its end, or left early (`break`), which gives up the rest.
   */
  readonly file: Bytes;
  /** For who does not begin to read the file: stops reading what its sender sends. */
  discard(): void;
}

export interface FormReader {
  /**
   * @param request.body Is left early when the form is refused. A request whose reply is still to be sent is handed over
   *   in a way that leaving it does not close the connection (`request.iterator({ destroyOnReturn: false })`).
   * @param limits.fileBytesMax One byte more ends the file with BodyTooLarge.
   * @throws UploadRefused Broken, or no multipart form; no part `file`; a field twice; too many or too large fields.
   * @throws BodyTooLarge
   */
  read(request: { contentType: string; body: Bytes }, limits: { fileBytesMax: number }): Promise<UploadParts>;
}
