import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { FILE_SIZE_BYTES_MAX, inspectFile } from '../../src/providers/kyc-builtin/inspect-file.ts';
import {
  OcrPool,
  OcrPoolBusy,
  OcrPoolClosed,
  OcrUnavailable,
} from '../../src/providers/kyc-builtin/ocr/pool.ts';
import { drawSpecimen, jpegOf, pngOf } from './specimen.ts';

const LINES = [
  'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
  'L898902C36UTO7408122F1204159ZE184226B<<<<<10',
];
const page = drawSpecimen(LINES, { width: 400 });
const png = pngOf(page);
const jpeg = jpegOf(page);
const pdf = Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n');

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const result = Buffer.alloc(body.length + 8);
  result.writeUInt32BE(data.length, 0);
  body.copy(result, 4);
  result.writeUInt32BE(crc32(body), body.length + 4);
  return result;
}

/** A picture that says one size and unpacks to another. */
function pngBomb(width: number, height: number, bytes: number, interlace: 0 | 1): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, interlace], 8);
  const packed = deflateSync(Buffer.alloc(bytes), { level: 9 });
  const parts = [chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([png.subarray(0, 8), ...parts]);
}

const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
const hugeJpeg = Buffer.from(jpeg);
const frame = hugeJpeg.indexOf(Buffer.from([0xff, 0xc0]));
hugeJpeg.writeUInt16BE(65_535, frame + 5);
hugeJpeg.writeUInt16BE(65_535, frame + 7);
const secondFrame = Buffer.concat([
  jpeg.subarray(0, frame),
  hugeJpeg.subarray(frame, frame + 19),
  jpeg.subarray(frame),
]);

const HOSTILE: [string, Uint8Array, string, string][] = [
  ['0 bytes', Buffer.alloc(0), '.png', 'empty'],
  ['over 10 MiB', Buffer.alloc(FILE_SIZE_BYTES_MAX + 1), '.png', 'too large'],
  ['of no known type', Buffer.from('GIF89a, more or less'), '.png', 'unknown type'],
  ['a program', Buffer.from('\x7fELF\x02\x01\x01'), '.jpg', 'unknown type'],
  ['a zip archive', emptyZip, '.pdf', 'unknown type'],
  ['a PNG named JPEG', png, '.jpeg', 'not what its name says'],
  ['a JPEG named PDF', jpeg, '.pdf', 'not what its name says'],
  ['of no extension', png, '', 'not what its name says'],
  ['a truncated PNG', png.subarray(0, png.length - 20), '.png', 'truncated'],
  ['a PNG of its signature only', png.subarray(0, 8), '.png', 'truncated'],
  ['a truncated JPEG', jpeg.subarray(0, jpeg.length - 100), '.jpg', 'truncated'],
  ['a JPEG of its first bytes', jpeg.subarray(0, 4), '.jpg', 'truncated'],
  ['a truncated PDF', pdf.subarray(0, 20), '.pdf', 'truncated'],
  ['a PNG and an archive', Buffer.concat([png, emptyZip]), '.png', 'polyglot'],
  ['a JPEG and an archive', Buffer.concat([jpeg, emptyZip]), '.jpg', 'polyglot'],
  ['a PDF and an archive', Buffer.concat([pdf, emptyZip]), '.pdf', 'polyglot'],
  ['a JPEG and a PDF', Buffer.concat([jpeg, pdf]), '.jpg', 'polyglot'],
  ['a PNG and a page', Buffer.concat([png, Buffer.from('<SCRIPT>alert(1)</SCRIPT>')]), '.png', 'polyglot'],
  ['a PNG of 65,535 × 65,535', pngBomb(65_535, 65_535, 10, 0), '.png', 'too many pixels'],
  ['a PNG of no pixels', pngBomb(0, 5, 10, 0), '.png', 'no pixels'],
  ['a JPEG of 65,535 × 65,535', hugeJpeg, '.jpg', 'too many pixels'],
  ['a JPEG of two sizes', secondFrame, '.jpg', 'malformed'],
];

for (const [name, bytes, extension, reason] of HOSTILE) {
  test(`a file is unreadable: ${name}`, () => {
    assert.deepEqual(inspectFile(bytes, extension), { kind: 'unreadable', reason });
  });
}

test('a camera may append its own data to a JPEG, and a PDF is let through', () => {
  const withTail = Buffer.concat([jpeg, Buffer.from('MotionPhoto_Data ftypmp42')]);
  assert.deepEqual(inspectFile(withTail, '.jpg'), { kind: 'jpeg', width: page.width, height: page.height });
  assert.deepEqual(inspectFile(pdf, '.pdf'), { kind: 'pdf' });
});

test('no bytes, however broken, throw or take long', () => {
  const broken = fc
    .tuple(
      fc.constantFrom(png, jpeg, pdf),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(),
    )
    .map(([file, changes, length]) => {
      const copy = Buffer.from(file);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy.subarray(0, length % 3 === 0 ? length % copy.length : copy.length);
    });
  fc.assert(
    fc.property(broken, fc.constantFrom('.png', '.jpg', '.jpeg', '.pdf', ''), (file, extension) => {
      inspectFile(file, extension);
    }),
    { numRuns: 300 },
  );
});

const pool = new OcrPool({ workers: 1, timeLimitMs: 60_000 });
after(() => pool.close());

/** Longest time for which the event loop could do nothing else. */
async function stallOf(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await work.finally(() => clearInterval(timer));
  return longest;
}

const UNDECODABLE: [string, 'png' | 'jpeg', Buffer][] = [
  ['a PNG that unpacks to 200 MB', 'png', pngBomb(100, 100, 200_000_000, 0)],
  ['an interlaced PNG that unpacks to 200 MB', 'png', pngBomb(100, 100, 200_000_000, 1)],
  ['a PNG of too few rows', 'png', pngBomb(4_000, 4_000, 10, 0)],
  ['a JPEG without its tables', 'jpeg', Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(frame)])],
  ['a PNG of broken rows', 'png', Buffer.from(png).fill(0x5a, 60, png.length - 40)],
];

for (const [name, kind, bytes] of UNDECODABLE) {
  test(`a picture that does not decode is unreadable, and the event loop goes on: ${name}`, async () => {
    const reading = pool.read(kind, bytes);
    const stall = await stallOf(reading);
    assert.deepEqual(await reading, { kind: 'unreadable', reason: 'undecodable' });
    assert.ok(stall < 2_000, `${stall} ms`);
  });
}

test('after hostile files the same pool still reads a good one', async () => {
  const good = pngOf(drawSpecimen(LINES));
  assert.deepEqual(await pool.read('png', good), { kind: 'zone', lines: LINES, isSound: true });
});

test('a picture that takes longer than the limit is unreadable, and its thread is replaced', async () => {
  const strict = new OcrPool({ workers: 1, timeLimitMs: 1 });
  const good = pngOf(drawSpecimen(LINES));
  assert.deepEqual(await strict.read('png', good), { kind: 'unreadable', reason: 'time' });
  assert.deepEqual(await strict.read('png', good), { kind: 'unreadable', reason: 'time' });
  await strict.close();
});

test('a picture that would need more memory than the limit is not decoded', async () => {
  const small = new OcrPool({ workers: 1, timeLimitMs: 60_000, memoryMegabytesMax: 32 });
  const large = drawSpecimen([], { width: 5_000 });
  const flat = { width: 4_000, height: 4_000, shades: large.shades.subarray(0, 16_000_000) };
  for (const [kind, file] of [
    ['png', pngOf(flat)],
    ['jpeg', jpegOf(large)],
  ] as const)
    assert.deepEqual(await small.read(kind, file), { kind: 'unreadable', reason: 'memory' });
  await small.close();
});

test("a recogniser that has too little memory to start is the operator's fault, not the picture's", async () => {
  const small = new OcrPool({ workers: 1, timeLimitMs: 60_000, memoryMegabytesMax: 24 });
  for (let round = 0; round < 2; round += 1)
    await assert.rejects(small.read('png', pngOf(drawSpecimen(LINES))), OcrUnavailable);
  await small.close();
});

test('a full queue turns pictures away, and a closed pool refuses what waits', async () => {
  const narrow = new OcrPool({ workers: 1, queueMax: 1 });
  const first = narrow.read('png', png);
  const second = narrow.read('png', png);
  await assert.rejects(narrow.read('png', png), OcrPoolBusy);
  const refused = Promise.all([first, second].map((one) => assert.rejects(one, OcrPoolClosed)));
  await narrow.close();
  await refused;
  await assert.rejects(narrow.read('png', png), OcrPoolClosed);
});

test('there are at most as many threads as cores', () => {
  assert.ok(new OcrPool({ workers: 10_000 }).workers <= new OcrPool().workers);
});
