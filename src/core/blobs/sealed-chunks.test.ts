import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { gather, inPieces, newBlobId, newPool, type TestPool } from '../../../test/blobs/kit.ts';
import { SEAL_OVERHEAD_BYTES } from '../../crypto/seal.ts';
import { SealBroken } from '../errors.ts';
import { createContentKey } from './document-keys.ts';
import type { ByteRange } from './ports.ts';
import {
  CHUNK_BYTES,
  CHUNK_OVERHEAD_BYTES,
  type ChunkedFile,
  openChunks,
  sealChunks,
  sealedRange,
  sealedSizeOf,
} from './sealed-chunks.ts';

const SEALED = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES;
let pool: TestPool;
before(async () => {
  pool = await newPool();
});

function newFile(): ChunkedFile {
  const id = newBlobId();
  return { id, key: createContentKey(pool.pool, id).key };
}

const seal = (file: ChunkedFile, content: Buffer): Promise<Buffer> =>
  gather(sealChunks(file, inPieces(content, 10_000)));
const open = (file: ChunkedFile, sealed: Buffer, sizeBytes: number, range?: ByteRange): Promise<Buffer> => {
  const stored = sealedRange(sizeBytes, range ?? { start: 0, end: sizeBytes });
  const part = range === undefined ? sealed : sealed.subarray(stored.start, stored.end);
  return gather(
    openChunks(file, {
      sealed: inPieces(part, 50_000),
      sizeBytes,
      ...(range === undefined ? {} : { range }),
    }),
  );
};
const chunksOf = (sealed: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(sealed.length / SEALED) }, (_, n) =>
    sealed.subarray(n * SEALED, (n + 1) * SEALED),
  );

describe('a file sealed in chunks', () => {
  it('has the overhead that the envelope of the vault has', () => {
    assert.equal(CHUNK_OVERHEAD_BYTES, SEAL_OVERHEAD_BYTES);
  });

  it('opens as it was, whatever its size and the pieces that it came in', async () => {
    const file = newFile();
    const sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7];
    for (const size of sizes) {
      const content = randomBytes(size);
      const sealed = await seal(file, content);
      assert.equal(sealed.length, sealedSizeOf(size));
      assert.ok(content.equals(await open(file, sealed, size)), String(size));
      assert.ok(size < 64 || !sealed.includes(content.subarray(0, 32)));
    }
  });

  it('gives every range exactly, from the chunks around it only', async () => {
    const file = newFile();
    const content = randomBytes(3 * CHUNK_BYTES + 1_000);
    const sealed = await seal(file, content);
    const at = fc.integer({ min: 0, max: content.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, at, async (one, other) => {
        const range = { start: Math.min(one, other), end: Math.max(one, other) + 1 };
        const opened = await open(file, sealed, content.length, range);
        assert.ok(opened.equals(content.subarray(range.start, range.end)));
      }),
      { numRuns: 60 },
    );
  });

  it('does not open with any bit flipped', async () => {
    const file = newFile();
    const content = randomBytes(CHUNK_BYTES + 300);
    const sealed = await seal(file, content);
    const bit = fc.integer({ min: 0, max: sealed.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(bit, async (number) => {
        const changed = Buffer.from(sealed);
        const byte = number >> 3;
        changed[byte] = (changed[byte] ?? 0) ^ (1 << (number & 7));
        await assert.rejects(open(file, changed, content.length), SealBroken);
      }),
      { numRuns: 200 },
    );
  });

  it('does not open cut, extended, or with chunks taken out, swapped, repeated or of another file', async () => {
    const [file, other] = [newFile(), newFile()];
    const content = randomBytes(3 * CHUNK_BYTES + 100);
    const size = content.length;
    const sealed = await seal(file, content);
    const [a, b, c, d] = chunksOf(sealed) as [Buffer, Buffer, Buffer, Buffer];
    const [, foreign] = chunksOf(await seal(other, content)) as [Buffer, Buffer];
    const again = chunksOf(await seal(file, content.subarray(0, 2 * CHUNK_BYTES)));
    const tampered: [string, Buffer[]][] = [
      ['empty', []],
      ['cut at a chunk', [a, b, c]],
      ['cut within the last chunk', [a, b, c, d.subarray(0, -1)]],
      ['cut within a chunk', [a, b, c.subarray(0, -1), d]],
      ['first taken out', [b, c, d]],
      ['middle taken out', [a, c, d]],
      ['swapped', [a, c, b, d]],
      ['repeated', [a, a, b, c, d]],
      ['another one of the same size', [a, a, c, d]],
      ['of another file', [a, foreign, c, d]],
      ['goes on after its end', [a, b, c, d, d]],
      ['the last one of a shorter version', [a, again[1] ?? a]],
    ];
    for (const [name, chunks] of tampered)
      await assert.rejects(open(file, Buffer.concat(chunks), size), SealBroken, name);
    // Also not when the size that is believed is made to fit.
    await assert.rejects(open(file, Buffer.concat([a, b, c]), 3 * CHUNK_BYTES), SealBroken);
    await assert.rejects(open(file, Buffer.concat([a, b]), 2 * CHUNK_BYTES), SealBroken);
    await assert.rejects(open(other, sealed, size), SealBroken);
    await assert.rejects(open({ id: other.id, key: file.key }, sealed, size), SealBroken);
    await assert.rejects(open({ id: file.id, key: other.key }, sealed, size), SealBroken);
  });

  it('holds no more than it must: a chunk comes out before the next one is read', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read += 1;
        yield Buffer.alloc(CHUNK_BYTES);
      }
    }
    const chunks = sealChunks(newFile(), endless());
    for (let number = 1; number <= 3; number += 1) {
      await chunks.next();
      assert.equal(read, number + 1);
    }
    await chunks.return(undefined);
  });
});
