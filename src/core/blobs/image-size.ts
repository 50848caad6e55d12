export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

type ImageType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic' | 'image/heif' | 'image/tiff';

/** Markers of segments without a length: restarts, start of image, TEM. */
const BARE_MARKER = /^(?:d[0-8]|01)$/;
const SEGMENTS_MAX = 1_000;
const TIFF_ENTRIES_MAX = 1_000;
const HEIF_SIZES_MAX = 1_000;

/**
 * Width and height as the header says, without decoding anything.
 *
 * @param head The file's beginning; nothing beyond it is looked for.
 * @returns Null when the header does not say, or not within `head`.
 */
export function imageSizeOf(type: ImageType, head: Buffer): ImageSize | null {
  try {
    return READERS[type](head);
  } catch (error) {
    // Every read is checked against the buffer's end by the buffer itself: broken headers end here.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const READERS: Record<ImageType, (head: Buffer) => ImageSize | null> = {
  'image/jpeg': jpegSize,
  'image/png': (head) => ({ width: head.readUInt32BE(16), height: head.readUInt32BE(20) }),
  'image/webp': webpSize,
  'image/heic': heifSize,
  'image/heif': heifSize,
  'image/tiff': tiffSize,
};

/** ITU T.81 B.1.1: segments up to the first start of frame (C0 to CF without C4, C8 and CC). */
function jpegSize(head: Buffer): ImageSize | null {
  let at = 2;
  for (let segments = 0; segments < SEGMENTS_MAX; segments += 1) {
    if (head.readUInt8(at) !== 0xff) return null;
    // Any number of fill bytes may come before a marker.
    while (head.readUInt8(at + 1) === 0xff) at += 1;
    const marker = head.readUInt8(at + 1);
    at += 2;
    if (BARE_MARKER.test(marker.toString(16).padStart(2, '0'))) continue;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: head.readUInt16BE(at + 3), width: head.readUInt16BE(at + 5) };
    // Start of scan, or end of image: no frame came before.
    if (marker === 0xda || marker === 0xd9) return null;
    const length = head.readUInt16BE(at);
    if (length < 2) return null;
    at += length;
  }
  return null;
}

/** RFC 9649 section 2. */
function webpSize(head: Buffer): ImageSize | null {
  const kind = head.toString('latin1', 12, 16);
  if (kind === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  if (kind === 'VP8L') {
    if (head.readUInt8(20) !== 0x2f) return null;
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (head.readUIntBE(23, 3) !== 0x9d012a) return null;
  return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
}

/** ISO 23008-12: the largest of all `ispe` properties; pictures are made of tiles that have one each. */
function heifSize(head: Buffer): ImageSize | null {
  let largest: ImageSize | null = null;
  let at = head.indexOf('ispe');
  for (let sizes = 0; at >= 0 && sizes < HEIF_SIZES_MAX; sizes += 1) {
    if (at >= 4 && head.readUInt32BE(at - 4) === 20) {
      const width = head.readUInt32BE(at + 8);
      const height = head.readUInt32BE(at + 12);
      if (largest === null || width * height > largest.width * largest.height) largest = { width, height };
    }
    at = head.indexOf('ispe', at + 4);
  }
  return largest;
}

/** TIFF 6.0 section 2: tags 256 and 257 of the first directory. */
function tiffSize(head: Buffer): ImageSize | null {
  const isLittle = head.readUInt8(0) === 0x49;
  const u16 = (at: number): number => (isLittle ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (isLittle ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const directory = u32(4);
  const entries = u16(directory);
  if (entries > TIFF_ENTRIES_MAX) return null;
  const found = new Map<number, number>();
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * 12;
    const tag = u16(at);
    const type = u16(at + 2);
    // Short (3) or long (4), one of them.
    if ((tag === 256 || tag === 257) && (type === 3 || type === 4) && u32(at + 4) === 1)
      found.set(tag, type === 3 ? u16(at + 8) : u32(at + 8));
  }
  const [width, height] = [found.get(256), found.get(257)];
  return width === undefined || height === undefined ? null : { width, height };
}
