import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { BlobId, Bytes } from '../../src/core/blobs/ports.ts';
import type { RandomSource } from '../../src/core/deps.ts';
import type { IdentityId, PoolId, PoolVault, StoredPoolKey, Vault } from '../../src/core/ports.ts';
import { openEnvironmentKms } from '../../src/crypto/file-kms.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { createIdGenerator } from '../../src/kit/ids.ts';

export const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
export const newPoolId = (): PoolId => ids.next() as PoolId;
export const newBlobId = (): BlobId => ids.next() as BlobId;
export const newIdentityId = (): IdentityId => ids.next() as IdentityId;
export const random: RandomSource = { bytes: (size) => randomBytes(size) };

export interface TestPool {
  readonly poolId: PoolId;
  readonly pool: PoolVault;
  /** A rotation: a newer seal key, and the pool opened with it. */
  rotate(): Promise<PoolVault>;
}

/** A pool with keys of its own. */
export async function newPool(): Promise<TestPool> {
  const poolId = newPoolId();
  const keys: StoredPoolKey[] = [];
  let configVersion = 1;
  const vault: Vault = createVault({
    kms: openEnvironmentKms(randomBytes(32).toString('base64')),
    poolKeys: { listPoolKeys: async () => ({ keys: [...keys], configVersion }) },
    randomBytes,
  });
  keys.push(...(await vault.createPoolKeys(poolId)));
  return {
    poolId,
    pool: await vault.pool(poolId),
    async rotate() {
      configVersion += 1;
      keys.push(await vault.createSealKey(poolId, configVersion));
      return vault.pool(poolId, configVersion);
    },
  };
}

/** In pieces of the given size, each arriving later than the one before. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function gather(bytes: Bytes): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A real PNG, all of one grey. `claim` is what its header says instead of the truth. */
export function pngOf(width: number, height: number, claim = { width, height }): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claim.width, 0);
  header.writeUInt32BE(claim.height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height, 0x80);
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The headers of a JPEG with a comment before its frame, and no picture to speak of. */
export function jpegOf(
  width: number,
  height: number,
  filler = 0,
  { comment = Buffer.alloc(40, 0x20) }: { comment?: Buffer } = {},
): Buffer {
  const segment = (marker: number, data: Buffer): Buffer => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([head, data]);
  };
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xfe, comment),
    segment(0xc0, frame),
    segment(0xda, Buffer.from([1, 1, 0, 0, 0x3f, 0])),
    Buffer.alloc(filler, 0x55),
    Buffer.from([0xff, 0xd9]),
  ]);
}

export const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< >>\n%%EOF\n');

/** A multipart body with these parts, in this order. */
export function formBody(
  boundary: string,
  parts: readonly { name: string; value: string | Uint8Array; filename?: string; headers?: string }[],
): Buffer {
  const pieces = parts.flatMap(({ name, value, filename, headers = '' }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${headers}\r\n`;
    return [Buffer.from(head), Buffer.from(value as Uint8Array), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}
