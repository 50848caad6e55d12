import { SealBroken } from '../errors.ts';
import type { OpenBlob } from './document-keys.ts';
import type { BlobStore, ByteRange, Bytes } from './ports.ts';
import { openChunks, sealedRange, sealedSizeOf } from './sealed-chunks.ts';

/**
 * A stored file's content, opened while it is read; each chunk was checked whole before anything of it is given out.
 *
 * @param range Within the file; default: all of it.
 * @throws NotFound Deleted. @throws Unavailable
 * @throws SealBroken Not the bytes that were stored, also while reading: the reply is then to be broken off.
 */
export async function readDocument(
  { blobs }: { blobs: BlobStore },
  { id, key, facts }: OpenBlob,
  range?: ByteRange,
): Promise<Bytes> {
  const { sizeBytes } = facts;
  // The chunks of a range could not tell that others were cut off or added: ask before the reply has begun.
  const stat = await blobs.stat(facts.key);
  if (stat !== null && stat.sizeBytes !== sealedSizeOf(sizeBytes))
    throw new SealBroken('a stored file has another size');
  const whole = { start: 0, end: sizeBytes };
  const sealed = await blobs.read(facts.key, sealedRange(sizeBytes, range ?? whole));
  return openChunks({ id, key }, { sealed, sizeBytes, range: range ?? whole });
}
