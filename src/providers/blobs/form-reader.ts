import { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { UploadNotAccepted, UploadRefused } from '../../core/blobs/errors.ts';
import type { Bytes, FormReader, UploadParts } from '../../core/blobs/ports.ts';
import { BodyTooLarge, CoreError } from '../../core/errors.ts';

/** A form has eight fields. */
const FIELDS_MAX = 16;
const FIELD_NAME_BYTES_MAX = 64;
/** A policy in base64 takes about a thousand. */
const FIELD_BYTES_MAX = 4 * 1024;
const PART_HEADERS_MAX = 8;
const PART_HEADER_BYTES_MAX = 2 * 1024;
/** What a form may take beside its file: fields, headers, boundaries, a preamble. */
const FORM_BYTES_MAX = 128 * 1024;
const CONTENT_TYPE_CHARACTERS_MAX = 256;
/** RFC 2046: up to 70 of these. Anything else is no boundary that a client would make. */
const FORM_TYPE = /^multipart\/form-data\s*;\s*boundary=(?:"[\w'()+,./:=? -]{1,70}"|[\w'()+,./:=?-]{1,70})$/i;
const FILE = 'file';

/**
 * Reads upload forms as S3 does: fields first, then one file in the part `file`. What stands before the file is all that
 * counts, so a file before its fields comes with none and is refused; and unlike S3, which passes over what comes
 * after the file, anything there is refused too.
 */
export const formReader: FormReader = {
  async read({ contentType, body }, { fileBytesMax }) {
    if (contentType.length > CONTENT_TYPE_CHARACTERS_MAX || !FORM_TYPE.test(contentType))
      throw new UploadRefused('not a multipart form');
    const form = new Form(contentType, fileBytesMax);
    form.start(bounded(body, fileBytesMax + FORM_BYTES_MAX));
    return form.parts();
  },
};

class Form {
  readonly #fields = new Map<string, string>();
  readonly #busboy: InstanceType<typeof Busboy>;
  readonly #fileBytesMax: number;
  readonly #opened = Promise.withResolvers<BusboyFileStream>();
  readonly #ended = Promise.withResolvers<void>();
  #file: BusboyFileStream | null = null;
  #source: Readable | null = null;
  #failure: Error | null = null;

  constructor(contentType: string, fileBytesMax: number) {
    this.#fileBytesMax = fileBytesMax;
    this.#busboy = new Busboy({
      headers: { 'content-type': contentType },
      // Only this name makes a file: a field with a file name is a field, and so bounded like one.
      isPartAFile: (name) => name === FILE,
      limits: {
        fieldNameSize: FIELD_NAME_BYTES_MAX,
        fieldSize: FIELD_BYTES_MAX,
        fields: FIELDS_MAX,
        fileSize: fileBytesMax + 1,
        files: 1,
        parts: FIELDS_MAX + 1,
        headerPairs: PART_HEADERS_MAX,
        headerSize: PART_HEADER_BYTES_MAX,
      },
    });
    this.#listen();
    // Whoever reads the file waits for both; until then a failure has nobody to tell.
    this.#opened.promise.catch(() => {});
    this.#ended.promise.catch(() => {});
  }

  start(body: Bytes): void {
    const source = Readable.from(body, { objectMode: false });
    this.#source = source;
    this.#busboy.on('finish', () => {
      this.#opened.reject(new UploadRefused('a form without a file'));
      this.#ended.resolve();
    });
    source.on('error', (error) => this.#fail(error));
    source.pipe(this.#busboy);
  }

  async parts(): Promise<UploadParts> {
    await this.#opened.promise;
    if (this.#failure !== null) throw this.#failure;
    return {
      fields: new Map(this.#fields),
      file: this.#read(),
      discard: () => this.#fail(new UploadNotAccepted('The file was not read to its end.')),
    };
  }

  #listen(): void {
    const busboy = this.#busboy;
    const refuse = (reason: string) => () => this.#fail(new UploadRefused(reason));
    busboy.on('field', (name, value, isNameCut, isValueCut) => {
      const lower = name?.toLowerCase() ?? '';
      if (this.#file !== null) this.#fail(new UploadRefused('a field after the file'));
      else if (isNameCut || isValueCut || lower === '' || lower.length > FIELD_NAME_BYTES_MAX)
        this.#fail(new UploadRefused('a field that is too long, or has no name'));
      else if (this.#fields.has(lower)) this.#fail(new UploadRefused('a field twice'));
      else this.#fields.set(lower, value);
    });
    busboy.on('file', (_name, file) => {
      this.#file = file;
      file.on('error', () => this.#fail(new UploadNotAccepted('The file did not arrive whole.')));
      file.on('limit', () => this.#fail(new BodyTooLarge()));
      this.#opened.resolve(file);
    });
    busboy.on('fieldsLimit', refuse('too many fields'));
    busboy.on('partsLimit', refuse('too many parts'));
    busboy.on('filesLimit', refuse('more than one file'));
    busboy.on('error', refuse('a broken form'));
  }

  /** The first failure counts; everything is let go of, so that the sender is no longer read. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure =
      error instanceof CoreError ? error : new UploadNotAccepted('The file did not arrive whole.');
    this.#opened.reject(this.#failure);
    this.#ended.reject(this.#failure);
    this.#source?.destroy();
    this.#file?.destroy(this.#failure);
  }

  async *#read(): AsyncGenerator<Buffer> {
    const file = await this.#opened.promise;
    let isRead = false;
    let sizeBytes = 0;
    try {
      for await (const piece of file as AsyncIterable<Buffer>) {
        if (this.#failure !== null) throw this.#failure;
        sizeBytes += piece.length;
        if (sizeBytes > this.#fileBytesMax) throw new BodyTooLarge();
        yield piece;
      }
      // The file is over, the form perhaps not.
      await this.#ended.promise;
      isRead = true;
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      if (!isRead) this.#fail(new UploadNotAccepted('The file was not read to its end.'));
    }
  }
}

async function* bounded(body: Bytes, bytesMax: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > bytesMax) throw new BodyTooLarge();
    yield piece;
  }
}
