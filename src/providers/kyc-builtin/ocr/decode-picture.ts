import { inflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { PIXELS_MAX } from '../inspect-file.ts';
import { type Grey, greyOfRgba } from './grey.ts';

/** The picture is sound, but there is not room enough to decode it. */
export class MemoryExceeded extends Error {}

/** Rows as they are measured, as they are unpacked again, and as pixels. */
const PNG_COPIES = 3;

/** Starts and steps of the seven passes of an interlaced PNG (PNG specification, 8.2): x, y, step x, step y. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Some encoders leave a few bytes behind the last row. */
const SLACK_BYTES = 1024;

/** Bytes that the rows of a PNG with this header unpack to. */
function unpackedBytes(bytes: Buffer): number {
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const bits = (bytes[24] ?? 0) * (CHANNELS[bytes[25] ?? 0] ?? 0);
  const rows = (columns: number, count: number): number =>
    columns === 0 ? 0 : (Math.ceil((columns * bits) / 8) + 1) * count;
  if (bytes[28] === 0) return rows(width, height);
  return PASSES.map(([x, y, stepX, stepY]) =>
    rows(Math.ceil(Math.max(0, width - x) / stepX), Math.ceil(Math.max(0, height - y) / stepY)),
  ).reduce((sum, part) => sum + part, 0);
}

/**
 * pngjs fills up rows that are missing, cuts off those that are too many, and unpacks interlaced ones without a bound;
 * so rows are unpacked and measured here first, up to what the header promises.
 */
function checkRows(bytes: Buffer, megabytesMax: number): void {
  const packed: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      packed.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const expected = unpackedBytes(bytes);
  if (expected * PNG_COPIES > megabytesMax * 2 ** 20) throw new MemoryExceeded();
  const rows = inflateSync(Buffer.concat(packed), { maxOutputLength: expected + SLACK_BYTES });
  if (rows.length < expected) throw new Error('rows are missing');
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

function decodeJpeg(bytes: Buffer, megabytesMax: number): Pixels {
  try {
    return jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      tolerantDecoding: false,
      maxResolutionInMP: PIXELS_MAX / 1e6,
      maxMemoryUsageInMB: megabytesMax,
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes('maxMemoryUsageInMB')) throw new MemoryExceeded();
    throw error;
  }
}

/**
 * A picture in grey. The caller has looked at its structure (`inspectFile`), so its dimensions are bounded.
 *
 * @param megabytesMax Of pixels, coefficients and rows, which lie outside of the heap that a thread's own limits count.
 * @throws MemoryExceeded
 * @throws Error Of any other kind, when it does not decode.
 */
export function decodePicture(kind: 'jpeg' | 'png', file: Uint8Array, megabytesMax: number): Grey {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (kind === 'png') checkRows(bytes, megabytesMax);
  const { width, height, data } = kind === 'png' ? PNG.sync.read(bytes) : decodeJpeg(bytes, megabytesMax);
  return greyOfRgba(width, height, data);
}
