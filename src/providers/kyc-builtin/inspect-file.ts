export const FILE_SIZE_BYTES_MAX = 10 * 1024 * 1024;
/** Width × height: what cameras of today make, and scanners of a whole page. */
export const PIXELS_MAX = 2 ** 25;
export const SIDE_PIXELS_MAX = 16_384;

export type FileKind = 'jpeg' | 'png' | 'pdf';

export type FileInspection =
  | { readonly kind: 'pdf' }
  | { readonly kind: 'jpeg' | 'png'; readonly width: number; readonly height: number }
  | { readonly kind: 'unreadable'; readonly reason: string };

const KIND_OF_EXTENSION: Readonly<Record<string, FileKind>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.pdf': 'pdf',
};

const PNG_START = Buffer.from('89504e470d0a1a0a', 'hex');
const PDF_START = Buffer.from('%PDF-');
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_LENGTH = 22;
/** Readers of PDF look for its beginning this far into a file. */
const PDF_START_WITHIN = 1024;
const PDF_END_WITHIN = 1024;
/** What browsers, shells and archivers act on, wherever it stands behind a picture. */
const FOREIGN_TAILS = [
  'PK\x03\x04',
  '%PDF-',
  '<html',
  '<script',
  '<!doctype',
  '<svg',
  '<?php',
  'Rar!',
  '\x7fELF',
];

class Unreadable extends Error {}

function refuse(reason: string): never {
  throw new Unreadable(reason);
}

function kindOf(bytes: Buffer): FileKind | null {
  if (bytes.subarray(0, PNG_START.length).equals(PNG_START)) return 'png';
  if (bytes.subarray(0, PDF_START.length).equals(PDF_START)) return 'pdf';
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff ? 'jpeg' : null;
}

/** Archivers find an archive from its end, so any file can be one as well. */
function isZip(bytes: Buffer): boolean {
  const at = bytes.lastIndexOf(ZIP_END);
  if (at === -1 || at + ZIP_END_LENGTH > bytes.length) return false;
  return at + ZIP_END_LENGTH + bytes.readUInt16LE(at + 20) === bytes.length;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Offset behind the picture's last byte. */
  readonly end: number;
}

function inspectPng(bytes: Buffer): Picture {
  let at = PNG_START.length;
  let size: { width: number; height: number } | null = null;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) refuse('truncated');
    if (size === null && (type !== 'IHDR' || length !== 13)) refuse('malformed');
    size ??= { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    if (type === 'IEND') return { ...size, end };
    at = end;
  }
  return refuse('truncated');
}

/** Frame headers; 0xc4, 0xc8 and 0xcc are others. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
const hasNoLength = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** From behind a scan's header to the marker that ends it: stuffed zeros and restarts belong to the scan. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !hasNoLength(next)) return at;
  }
  return refuse('truncated');
}

function inspectJpeg(bytes: Buffer): Picture {
  let at = 2;
  let size: { width: number; height: number } | null = null;
  while (at + 4 <= bytes.length || bytes[at + 1] === 0xd9) {
    if (bytes[at] !== 0xff) refuse('malformed');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (hasNoLength(marker)) at += 2;
    else if (marker === 0xd9) return { ...(size ?? refuse('malformed')), end: at + 2 };
    else {
      const length = bytes.readUInt16BE(at + 2);
      if (length < 2 || at + 2 + length > bytes.length) refuse('truncated');
      if (isFrame(marker)) {
        // A second frame with other dimensions is what one reader shows and another one measures.
        if (size !== null || length < 8) refuse('malformed');
        size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
      }
      at = marker === 0xda ? endOfScan(bytes, at + 2 + length) : at + 2 + length;
    }
  }
  return refuse('truncated');
}

function inspectPdf(bytes: Buffer): void {
  if (!bytes.subarray(-PDF_END_WITHIN).includes('%%EOF')) refuse('truncated');
}

function checkPicture(bytes: Buffer, { width, height, end }: Picture): void {
  if (width === 0 || height === 0) refuse('no pixels');
  if (width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || width * height > PIXELS_MAX)
    refuse('too many pixels');
  // Cameras append previews and films; what opens as something else does not belong there.
  const tail = bytes.subarray(end).toString('latin1').toLowerCase();
  if (FOREIGN_TAILS.some((mark) => tail.includes(mark.toLowerCase()))) refuse('polyglot');
  if (bytes.subarray(0, PDF_START_WITHIN).includes(PDF_START)) refuse('polyglot');
}

/**
 * Looks at a file's structure without decoding it: in time linear in its size, without memory of its own.
 *
 * @param extension With its dot, in lower case.
 * @returns `unreadable` with a reason in fixed words: too small or large, of another kind than its name says, cut off,
 *   too many pixels, or a polyglot that opens as something else as well.
 */
export function inspectFile(file: Uint8Array, extension: string): FileInspection {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  try {
    if (bytes.length === 0) refuse('empty');
    if (bytes.length > FILE_SIZE_BYTES_MAX) refuse('too large');
    const kind = kindOf(bytes);
    if (kind === null) return refuse('unknown type');
    if (KIND_OF_EXTENSION[extension] !== kind) refuse('not what its name says');
    if (isZip(bytes)) refuse('polyglot');
    if (kind === 'pdf') {
      inspectPdf(bytes);
      return { kind };
    }
    const picture = kind === 'png' ? inspectPng(bytes) : inspectJpeg(bytes);
    checkPicture(bytes, picture);
    return { kind, width: picture.width, height: picture.height };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}
