import { imageSizeOf } from './image-size.ts';

/** What is told apart by its leading bytes, with the extensions that such files have; the first one is the usual. */
export const CONTENT_TYPES = {
  'image/jpeg': ['jpg', 'jpeg'],
  'image/png': ['png'],
  'application/pdf': ['pdf'],
  'image/webp': ['webp'],
  'image/heic': ['heic', 'heif'],
  'image/heif': ['heif', 'heic'],
  'image/tiff': ['tif', 'tiff'],
} as const satisfies Record<string, readonly string[]>;

export type ContentType = keyof typeof CONTENT_TYPES;

/**
 * Why a file is not to be given to anything that decodes it.
 *
 * - `polyglot`: also a file of another type (archive, PDF, page), so that two programs read two things in it.
 * - `incomplete`: its end is not where its type says.
 * - `dimensions_unknown`, `dimensions_too_large`: decoding could take any amount of memory.
 */
export type ContentProblem = (typeof PROBLEMS)[number];
const PROBLEMS = ['polyglot', 'incomplete', 'dimensions_unknown', 'dimensions_too_large'] as const;

export interface ContentFacts {
  /** By the leading bytes. */
  readonly contentType: ContentType;
  readonly problem: ContentProblem | null;
  /** In pixels, as the header says; null for what has none. */
  readonly width: number | null;
  readonly height: number | null;
}

/** A4 at 600 dots an inch is 35 million. */
export const IMAGE_PIXELS_MAX = 100_000_000;
export const IMAGE_SIDE_MAX = 30_000;
/** Enough to tell the type. */
export const SIGNATURE_BYTES = 32;
/** Headers of pictures are looked for in these first bytes only: cameras put previews and colour profiles first. */
const HEAD_BYTES = 256 * 1024;
/** The end of a ZIP archive lies in its last 22 bytes and a comment of up to 65,535. */
const TAIL_BYTES = 66 * 1024;
const PAGE_SEARCH_BYTES = 1024;

export function isContentType(value: unknown): value is ContentType {
  return typeof value === 'string' && Object.hasOwn(CONTENT_TYPES, value);
}

export function isContentProblem(value: unknown): value is ContentProblem {
  return PROBLEMS.some((problem) => problem === value);
}

/** @param extension Without its dot, in lower case. */
export function isExtensionOf(contentType: ContentType, extension: string): boolean {
  return CONTENT_TYPES[contentType].some((one) => one === extension);
}

/**
 * @param head The first 32 bytes, or all of a shorter file.
 * @returns Null for everything else, an empty file among it. Signatures count at the very start only: what readers
 *   forgive (a PDF that begins later) is how one file becomes two.
 */
export function contentTypeOf(head: Buffer): ContentType | null {
  if (startsWith(head, 'ffd8ff') && (head[3] ?? 0) >= 0xc0 && head[3] !== 0xff) return 'image/jpeg';
  // The signature and the header chunk that must come first, 13 bytes long.
  if (startsWith(head, '89504e470d0a1a0a0000000d49484452')) return 'image/png';
  if (/^%PDF-[12]\.\d/.test(textOf(head, 0, 8))) return 'application/pdf';
  if (textOf(head, 0, 4) === 'RIFF' && /^WEBPVP8[ LX]$/.test(textOf(head, 8, 16))) return 'image/webp';
  if (textOf(head, 4, 8) === 'ftyp' && head.length >= 12 && head.readUInt32BE(0) >= 16)
    return isoBrand(textOf(head, 8, 12));
  if (startsWith(head, '49492a00') || startsWith(head, '4d4d002a')) return 'image/tiff';
  return null;
}

/** Looks at a file as it streams past; holds its first 256 KB and its last 132 KB. */
export interface ContentProbe {
  push(bytes: Uint8Array): void;
  /** The type, as soon as 32 bytes were seen; `undefined` before. */
  type(): ContentType | null | undefined;
  /** @returns Null: empty, or of no known type. */
  finish(): ContentFacts | null;
}

export function createContentProbe(): ContentProbe {
  const head = Buffer.alloc(HEAD_BYTES);
  // Twice as long as needed, so that its content moves once per length and not once per piece: a file that is sent byte
  // by byte must not cost more than another.
  const tail = Buffer.alloc(2 * TAIL_BYTES);
  let headBytes = 0;
  let tailBytes = 0;
  let sizeBytes = 0;
  let type: ContentType | null | undefined;
  const keepTail = (bytes: Uint8Array): void => {
    const part = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES));
    if (tailBytes + part.length > tail.length) {
      const kept = Math.min(tailBytes, TAIL_BYTES);
      tail.copyWithin(0, tailBytes - kept, tailBytes);
      tailBytes = kept;
    }
    tail.set(part, tailBytes);
    tailBytes += part.length;
  };
  return {
    push(bytes) {
      sizeBytes += bytes.length;
      const part = bytes.subarray(0, HEAD_BYTES - headBytes);
      head.set(part, headBytes);
      headBytes += part.length;
      keepTail(bytes);
      if (type === undefined && headBytes >= SIGNATURE_BYTES)
        type = contentTypeOf(head.subarray(0, SIGNATURE_BYTES));
    },
    type: () => type,
    finish() {
      const seen = head.subarray(0, headBytes);
      const found = type === undefined ? contentTypeOf(seen) : type;
      return found === null
        ? null
        : factsOf(found, { head: seen, tail: tail.subarray(0, tailBytes), sizeBytes });
    },
  };
}

interface Parts {
  readonly head: Buffer;
  /** May reach into the head. */
  readonly tail: Buffer;
  readonly sizeBytes: number;
}

function factsOf(contentType: ContentType, parts: Parts): ContentFacts {
  const size = contentType === 'application/pdf' ? null : imageSizeOf(contentType, parts.head);
  const { width = null, height = null } = size ?? {};
  return { contentType, problem: problemOf(contentType, parts, size), width, height };
}

function problemOf(
  contentType: ContentType,
  parts: Parts,
  size: { width: number; height: number } | null,
): ContentProblem | null {
  if (isArchive(parts.tail) || isPage(contentType, parts.head)) return 'polyglot';
  const isEndRight = endOf[contentType]?.(parts) ?? true;
  if (!isEndRight) return 'incomplete';
  if (contentType === 'application/pdf') return null;
  if (size === null || size.width === 0 || size.height === 0) return 'dimensions_unknown';
  const { width, height } = size;
  const isTooLarge = width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || width * height > IMAGE_PIXELS_MAX;
  return isTooLarge ? 'dimensions_too_large' : null;
}

/**
 * JPEG is not held to its end marker: phones append a second picture or a film. HEIF and TIFF have no end that could be
 * told without walking through them.
 */
const endOf: Partial<Record<ContentType, (parts: Parts) => boolean>> = {
  'image/png': ({ tail }) => startsWith(tail.subarray(-12), '0000000049454e44ae426082'),
  'image/webp': ({ head, sizeBytes }) => {
    const length = head.readUInt32LE(4) + 8;
    return sizeBytes === length || sizeBytes === length + (length % 2);
  },
  'application/pdf': ({ tail }) => tail.subarray(-1024).includes('%%EOF'),
};

/** The end record of a ZIP archive whose comment reaches to the very end: Java, Office and archivers open it. */
function isArchive(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf('PK\x05\x06'); at >= 0; at = tail.lastIndexOf('PK\x05\x06', at - 1)) {
    if (at + 22 <= tail.length && at + 22 + tail.readUInt16LE(at + 20) === tail.length) return true;
    if (at === 0) break;
  }
  return false;
}

/** Readers look for a PDF's start, and browsers once looked for tags, within the first kilobyte. */
function isPage(contentType: ContentType, head: Buffer): boolean {
  const text = textOf(head, 0, PAGE_SEARCH_BYTES);
  if (contentType !== 'application/pdf' && text.includes('%PDF-')) return true;
  return /<(?:script|html|!doctype|svg|body|iframe|\?php)/i.test(text);
}

/** AVIF, films and sound have the same container. */
function isoBrand(brand: string): ContentType | null {
  if (/^hei[cxms]$/.test(brand)) return 'image/heic';
  return brand === 'mif1' ? 'image/heif' : null;
}

function startsWith(bytes: Buffer, hex: string): boolean {
  return bytes.subarray(0, hex.length / 2).toString('hex') === hex;
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.subarray(start, end).toString('latin1');
}
