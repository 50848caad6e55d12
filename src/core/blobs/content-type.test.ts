import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jpegOf, PDF, pngOf } from '../../../test/blobs/kit.ts';
import { type ContentFacts, contentTypeOf, createContentProbe, isExtensionOf } from './content-type.ts';

function probe(bytes: Buffer, pieceBytes = bytes.length || 1): ContentFacts | null {
  const found = createContentProbe();
  for (let at = 0; at < bytes.length; at += pieceBytes) found.push(bytes.subarray(at, at + pieceBytes));
  return found.finish();
}

const ok = (contentType: string, width: number | null, height: number | null) => ({
  contentType,
  problem: null,
  width,
  height,
});

function webp(kind: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(8);
  chunk.write(kind, 'latin1');
  chunk.writeUInt32LE(data.length, 4);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + 8 + data.length, 4);
  return Buffer.concat([head, chunk, data]);
}

function heif(brand: string, sizes: [number, number][]): Buffer {
  const type = Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1heic`, 'latin1');
  const properties = sizes.map(([width, height]) => {
    const box = Buffer.from('\0\0\0\x14ispe\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
    box.writeUInt32BE(width, 12);
    box.writeUInt32BE(height, 16);
    return box;
  });
  return Buffer.concat([type, ...properties, Buffer.alloc(64)]);
}

function tiff(order: 'II' | 'MM', width: number, height: number): Buffer {
  const bytes = Buffer.alloc(8 + 2 + 24 + 4);
  const u16 = (value: number, at: number) =>
    order === 'II' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    order === 'II' ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  bytes.write(order, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(2, 8);
  for (const [at, tag, value] of [
    [10, 256, width],
    [22, 257, height],
  ] as const) {
    u16(tag, at);
    u16(4, at + 2);
    u32(1, at + 4);
    u32(value, at + 8);
  }
  return bytes;
}

/** An archive without entries, with a comment of the given length. */
function zip(comment = 0): Buffer {
  const end = Buffer.alloc(22 + comment, 0x20);
  end.fill(0, 0, 22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(comment, 20);
  return end;
}

describe('the type of a file', () => {
  it('is told by its first bytes, with the size of pictures', () => {
    assert.deepEqual(probe(jpegOf(640, 480)), ok('image/jpeg', 640, 480));
    assert.deepEqual(probe(pngOf(20, 10)), ok('image/png', 20, 10));
    assert.deepEqual(probe(PDF), ok('application/pdf', null, null));
    const lossy = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 0, 0]);
    assert.deepEqual(probe(webp('VP8 ', lossy)), ok('image/webp', 320, 240));
    const lossless = Buffer.from([0x2f, 0x3f, 0xc1, 0x3b, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(probe(webp('VP8L', lossless)), ok('image/webp', 320, 240));
    const extended = Buffer.from([0, 0, 0, 0, 0x3f, 0x01, 0, 0xef, 0, 0]);
    assert.deepEqual(probe(webp('VP8X', extended)), ok('image/webp', 320, 240));
    const tiles: [number, number][] = [
      [512, 512],
      [4032, 3024],
      [320, 240],
    ];
    assert.deepEqual(probe(heif('heic', tiles)), ok('image/heic', 4032, 3024));
    assert.deepEqual(probe(heif('mif1', [[8, 4]])), ok('image/heif', 8, 4));
    assert.deepEqual(probe(tiff('II', 30, 40)), ok('image/tiff', 30, 40));
    assert.deepEqual(probe(tiff('MM', 30, 40)), ok('image/tiff', 30, 40));
  });

  it('is the same whatever pieces the file comes in', () => {
    const picture = jpegOf(640, 480, 300_000);
    for (const size of [1, 7, 31, 32, 33, 65_536]) {
      assert.deepEqual(probe(picture, size), ok('image/jpeg', 640, 480), String(size));
      assert.deepEqual(probe(pngOf(20, 10), size), ok('image/png', 20, 10), String(size));
    }
  });

  it('is none for an empty file and for everything that is not on the list', () => {
    const others = [
      '',
      '%PDF-',
      ' %PDF-1.7',
      '\n\n%PDF-1.7\n%%EOF',
      'GIF89a',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<!doctype html><script>1</script>',
      '\0\0\0\x18ftypavif\0\0\0\0mif1avif',
      '\0\0\0\x18ftypisom\0\0\0\0mp42isom',
      '\0\0\0\x08ftypheic',
      '\xff\xd8\xff',
      '\xff\xd8\xff\xff\xff\xff',
      '\x89PNG\r\n\x1a\n',
      '\x89PNG\r\n\x1a\n\0\0\0\x0eIHDR',
      'RIFF\0\0\0\0WAVEfmt ',
      'PK\x03\x04',
      'MZ\x90\0',
    ];
    for (const text of others) assert.equal(probe(Buffer.from(text, 'latin1')), null, JSON.stringify(text));
  });

  it('fits its own extensions only', () => {
    assert.ok(isExtensionOf('image/jpeg', 'jpg') && isExtensionOf('image/jpeg', 'jpeg'));
    assert.ok(!isExtensionOf('image/jpeg', 'png') && !isExtensionOf('application/pdf', 'jpg'));
  });
});

describe('a file that should not be decoded', () => {
  const problemOf = (bytes: Buffer) => probe(bytes)?.problem;

  it('is one that is also another', () => {
    assert.equal(problemOf(Buffer.concat([jpegOf(8, 8), zip()])), 'polyglot');
    assert.equal(problemOf(Buffer.concat([jpegOf(8, 8, 100_000), zip(60_000)])), 'polyglot');
    assert.equal(problemOf(Buffer.concat([PDF, zip(3)])), 'polyglot');
    const pdfInside = jpegOf(8, 8, 0, { comment: Buffer.from('%PDF-1.4 1 0 obj') });
    assert.equal(problemOf(pdfInside), 'polyglot');
    const page = jpegOf(8, 8, 0, { comment: Buffer.from('*/=1;</style><ScRiPt>alert(1)</sCrIpT>') });
    assert.equal(problemOf(page), 'polyglot');
    const php = jpegOf(8, 8, 0, { comment: Buffer.from('<?php system($_GET[0]); ?>') });
    assert.equal(problemOf(php), 'polyglot');
  });

  it('is one whose end is missing, or not the end', () => {
    assert.equal(problemOf(pngOf(8, 8).subarray(0, -1)), 'incomplete');
    assert.equal(problemOf(Buffer.concat([pngOf(8, 8), Buffer.from('more')])), 'incomplete');
    assert.equal(problemOf(PDF.subarray(0, 30)), 'incomplete');
    const picture = webp('VP8X', Buffer.from([0, 0, 0, 0, 0x3f, 0x01, 0, 0xef, 0, 0]));
    assert.equal(problemOf(Buffer.concat([picture, Buffer.alloc(2)])), 'incomplete');
  });

  it('is one with huge, no or unknown dimensions', () => {
    assert.equal(problemOf(pngOf(8, 8, { width: 65_000, height: 65_000 })), 'dimensions_too_large');
    assert.equal(problemOf(pngOf(8, 8, { width: 30_001, height: 1 })), 'dimensions_too_large');
    assert.equal(problemOf(pngOf(8, 8, { width: 20_000, height: 5_001 })), 'dimensions_too_large');
    assert.equal(problemOf(pngOf(8, 8, { width: 20_000, height: 5_000 })), null);
    assert.equal(problemOf(pngOf(8, 8, { width: 0, height: 8 })), 'dimensions_unknown');
    assert.equal(problemOf(jpegOf(8, 8).subarray(0, 40)), 'dimensions_unknown');
    assert.equal(problemOf(heif('heic', [])), 'dimensions_unknown');
    // Beyond what is looked at: 256 KB of segments before the frame.
    const segment = Buffer.alloc(65_537, 0x20);
    segment.set([0xff, 0xe1, 0xff, 0xff]);
    const [start, rest] = [jpegOf(8, 8).subarray(0, 2), jpegOf(8, 8).subarray(2)];
    const far = Buffer.concat([start, ...Array.from({ length: 5 }, () => segment), rest]);
    assert.equal(problemOf(far), 'dimensions_unknown');
  });

  it('never ends in a crash, whatever follows a signature', () => {
    const signatures = [
      jpegOf(8, 8).subarray(0, 4),
      pngOf(8, 8).subarray(0, 16),
      webp('VP8 ', Buffer.alloc(0)),
      webp('VP8L', Buffer.alloc(0)),
      webp('VP8X', Buffer.alloc(0)),
      heif('heic', []).subarray(0, 24),
      tiff('II', 1, 1).subarray(0, 4),
      tiff('MM', 1, 1).subarray(0, 4),
      PDF.subarray(0, 8),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 300 }), (signature, rest) => {
        const facts = probe(Buffer.concat([signature, rest]));
        assert.ok(facts === null || facts.contentType !== undefined);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void contentTypeOf(Buffer.from(bytes))),
    );
  });

  it('costs a bounded time: 10 MB of markers are looked at once', () => {
    const markers = Buffer.alloc(10 * 1024 * 1024, 0xff);
    markers.set([0xff, 0xd8, 0xff, 0xe0, 0, 2]);
    const ends = Buffer.concat([jpegOf(8, 8), Buffer.from('PK\x05\x06'.repeat(400_000), 'latin1')]);
    const started = performance.now();
    probe(markers, 65_536);
    probe(ends, 65_536);
    probe(
      Buffer.concat([heif('heic', [[1, 1]]), randomBytes(0), Buffer.from('ispe'.repeat(2_000_000))]),
      65_536,
    );
    assert.ok(performance.now() - started < 5_000);
  });
});
