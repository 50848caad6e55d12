import { InternalFault, SealBroken } from '../errors.ts';
import type { DataKey } from '../ports.ts';
import type { BlobId, ByteRange, Bytes } from './ports.ts';

/** Of plaintext. All of this is part of the stored format: another size is another format. */
export const CHUNK_BYTES = 64 * 1024;
/** What `DataKey.seal` adds to a chunk. */
export const CHUNK_OVERHEAD_BYTES = 33;
const SEALED_CHUNK_BYTES = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES;

/** A file under its content key. */
export interface ChunkedFile {
  readonly id: BlobId;
  readonly key: DataKey;
}

/**
 * Seals a file chunk by chunk, holding one chunk of it. Each is bound to the file, to its number and to whether it is
 * the last: chunks of one file or another cannot be cut off, put in, swapped or moved without being noticed.
 * An empty file is one empty chunk.
 */
export async function* sealChunks({ id, key }: ChunkedFile, content: Bytes): AsyncGenerator<Buffer> {
  let number = 0;
  const pending = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  const seal = (isLast: boolean): Buffer => {
    const sealed = key.seal(chunkSection(id, number, isLast), pending.subarray(0, filled));
    if (sealed.length !== filled + CHUNK_OVERHEAD_BYTES)
      throw new InternalFault('sealed chunks have another size');
    number += 1;
    filled = 0;
    return sealed;
  };
  try {
    for await (const piece of content) {
      let taken = 0;
      while (taken < piece.length) {
        // Only now it is known that this chunk is not the last one.
        if (filled === CHUNK_BYTES) yield seal(false);
        const part = piece.subarray(taken, taken + CHUNK_BYTES - filled);
        pending.set(part, filled);
        filled += part.length;
        taken += part.length;
      }
    }
    yield seal(true);
  } finally {
    pending.fill(0);
  }
}

/**
 * Opens what `sealChunks` made, or the chunks around a range of it; nothing is given out before its chunk was
 * checked whole.
 *
 * @param input.sealed From `sealedRange(sizeBytes, range).start` on, to its end.
 * @param input.sizeBytes Of the whole file, from a source that can be trusted: not from the store.
 * @throws SealBroken Changed, cut, extended, reordered, of another file, or sealed under another key. It may come after
 *   earlier chunks were given out.
 */
export async function* openChunks(
  { id, key }: ChunkedFile,
  input: { sealed: Bytes; sizeBytes: number; range?: ByteRange },
): AsyncGenerator<Buffer> {
  const { sizeBytes, range = { start: 0, end: sizeBytes } } = input;
  const { first, last, final } = chunksOf(sizeBytes, range);
  let number = first;
  for await (const chunk of inChunks(input.sealed)) {
    if (number > last) throw new SealBroken('a stored file goes on after its end');
    const plaintext = key.open(chunkSection(id, number, number === final), chunk);
    const start = number * CHUNK_BYTES;
    if (plaintext.length !== Math.min(CHUNK_BYTES, sizeBytes - start))
      throw new SealBroken('a chunk of a stored file has another size');
    yield plaintext.subarray(Math.max(0, range.start - start), Math.max(0, range.end - start));
    number += 1;
  }
  if (number <= last) throw new SealBroken('a stored file ends too early');
}

/** Where the chunks around a range lie in what is stored. @param range Within the file, and not empty. */
export function sealedRange(sizeBytes: number, range: ByteRange): ByteRange {
  const { first, last } = chunksOf(sizeBytes, range);
  return {
    start: first * SEALED_CHUNK_BYTES,
    end: Math.min((last + 1) * SEALED_CHUNK_BYTES, sealedSizeOf(sizeBytes)),
  };
}

/** What a file of this size takes in the store. */
export function sealedSizeOf(sizeBytes: number): number {
  const chunks = Math.max(1, Math.ceil(sizeBytes / CHUNK_BYTES));
  return sizeBytes + chunks * CHUNK_OVERHEAD_BYTES;
}

function chunksOf(sizeBytes: number, { start, end }: ByteRange) {
  if (start < 0 || start > end || end > sizeBytes) throw new InternalFault('a range outside of its file');
  const final = Math.max(0, Math.ceil(sizeBytes / CHUNK_BYTES) - 1);
  const first = Math.min(final, Math.floor(start / CHUNK_BYTES));
  return { first, last: Math.max(first, Math.ceil(end / CHUNK_BYTES) - 1), final };
}

function chunkSection(id: BlobId, number: number, isLast: boolean): string {
  return `document:${id}:${number}:${isLast ? 'last' : 'more'}`;
}

/** Pieces of any size into sealed chunks; the last one is what is left. */
async function* inChunks(sealed: Bytes): AsyncGenerator<Buffer> {
  const pending = Buffer.allocUnsafe(SEALED_CHUNK_BYTES);
  let filled = 0;
  for await (const piece of sealed) {
    let taken = 0;
    while (taken < piece.length) {
      const part = piece.subarray(taken, taken + SEALED_CHUNK_BYTES - filled);
      pending.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled === SEALED_CHUNK_BYTES) {
        yield pending;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield pending.subarray(0, filled);
}
