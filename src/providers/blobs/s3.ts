import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { readBlobKey } from '../../core/blobs/blob-key.ts';
import { BlobTaken } from '../../core/blobs/errors.ts';
import type { BlobKey, BlobStore, ByteRange, Bytes } from '../../core/blobs/ports.ts';
import { InternalFault, NotFound, Unavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { GuardedClient, GuardedRequest, GuardedResponse } from '../net/guarded-client.ts';

/** One request a slice: bounds what a reader that stops half-way has cost. */
const SLICE_BYTES = 1024 * 1024;
/** For replies that carry no content, and for vendors' error pages. */
const REPLY_BYTES_MAX = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export interface S3BlobStoreOptions {
  /** `https://s3.eu-central-1.amazonaws.com`; a path before the bucket is kept. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** `path`: the bucket is the first part of the path; `host`: of the host name. */
  readonly addressing: 'path' | 'host';
  /** Before every key: `selfsame/`; empty for none. */
  readonly prefix: string;
  /** Its policy must allow the endpoint's address. */
  readonly client: GuardedClient;
  readonly clock: Clock;
}

interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * Blobs in a store that speaks S3: PUT, GET with a range, HEAD, DELETE of objects in one bucket that exists. Every
 * request is signed (Signature Version 4) over all its headers and the digest of its body.
 *
 * A blob is gathered in memory before it is sent, because the store must be told its length and digest first: uploads
 * are bounded for that. An object that is there already is not replaced: the store is asked before, and again in the
 * request itself (`If-None-Match`), which stores that know it decide atomically. Nothing is tried twice here.
 *
 * @throws TypeError An option is not what it should be.
 */
export function createS3BlobStore(options: S3BlobStoreOptions): BlobStore {
  const { client, clock, region, accessKeyId, secretAccessKey, sessionToken } = options;
  const base = baseUrl(options);
  const cache = new Map<string, ArrayBuffer>();

  const call = async (key: BlobKey, { method, headers = {}, body }: Call): Promise<GuardedResponse> => {
    // Asked again here, whatever the types say: a key becomes part of a URL.
    if (readBlobKey(key) === null) throw new InternalFault('not a key of a blob');
    const signer = new AwsV4Signer({
      method,
      url: `${base}${key}`,
      headers: { ...headers, 'x-amz-content-sha256': sha256(body ?? NOTHING) },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region,
      cache,
      datetime: clock
        .now()
        .toISOString()
        .replaceAll(/[:-]|\.\d{3}/g, ''),
      // Also those that intermediaries might change, such as the range and the condition.
      allHeaders: true,
    });
    const signed = await signer.sign();
    const request: GuardedRequest = {
      method,
      url: signed.url.href,
      headers: Object.fromEntries(signed.headers),
      maxBytes: SLICE_BYTES + REPLY_BYTES_MAX,
      ...(body === undefined ? {} : { body }),
    };
    return client.request(request);
  };

  const stat = async (key: BlobKey): Promise<{ sizeBytes: number } | null> => {
    const { status, headers } = await call(key, { method: 'HEAD' });
    if (status === 404) return null;
    if (status !== 200) throw failure('HEAD', status);
    const sizeBytes = Number(headers['content-length']);
    if (!Number.isSafeInteger(sizeBytes)) throw new Unavailable('S3 HEAD: no length');
    return { sizeBytes };
  };

  /** The slice, and how large the object is. Later slices must be of the same object as the first. */
  const slice = async (key: BlobKey, { start, end }: ByteRange, etag: string | undefined) => {
    const headers = {
      range: `bytes=${start}-${end - 1}`,
      ...(etag === undefined ? {} : { 'if-match': etag }),
    };
    const reply = await call(key, { method: 'GET', headers });
    if (reply.status === 404) throw new NotFound();
    // Begins beyond the end.
    if (reply.status === 416) return { bytes: NOTHING, total: 0, etag };
    // A store that does not know ranges would send everything: that is not read.
    if (reply.status !== 206) throw failure('GET', reply.status);
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(reply.headers['content-range'] ?? '') ?? [];
    if (Number(from) !== start || reply.body.length > end - start)
      throw new Unavailable('S3 GET: another range than was asked for');
    return { bytes: reply.body, total: Number(total), etag: reply.headers.etag };
  };

  async function* slices(key: BlobKey, range: ByteRange, first: Awaited<ReturnType<typeof slice>>) {
    const end = Math.min(range.end, first.total);
    yield first.bytes;
    for (let at = range.start + first.bytes.length; at < end; ) {
      const next = await slice(key, { start: at, end: Math.min(at + SLICE_BYTES, end) }, first.etag);
      if (next.bytes.length === 0) throw new Unavailable('S3 GET: the object ended early');
      yield next.bytes;
      at += next.bytes.length;
    }
  }

  return {
    stat,
    async put(key, content, { sizeBytesMax }) {
      const body = await gather(content, sizeBytesMax);
      if ((await stat(key)) !== null) throw new BlobTaken();
      const headers = { 'content-type': 'application/octet-stream', 'if-none-match': '*' };
      const { status } = await call(key, { method: 'PUT', headers, body });
      // 409: somebody else is writing it at this moment.
      if (status === 412 || status === 409) throw new BlobTaken();
      if (status !== 200) throw failure('PUT', status);
      return { sizeBytes: body.length };
    },
    async read(key, range = { start: 0, end: Number.MAX_SAFE_INTEGER }): Promise<Bytes> {
      const end = Math.min(range.end, range.start + SLICE_BYTES);
      const first = await slice(key, { start: range.start, end }, undefined);
      return slices(key, range, first);
    },
    async delete(key) {
      const { status } = await call(key, { method: 'DELETE' });
      if (![200, 204, 404].includes(status)) throw failure('DELETE', status);
    },
  };
}

function baseUrl({ endpoint, bucket, addressing, prefix }: S3BlobStoreOptions): string {
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError('not an http or https address');
  if (url.search !== '' || url.hash !== '') throw new TypeError('an endpoint with a query');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..'))
    throw new TypeError('not the name of a bucket');
  if (!/^(?:[\w-]+\/)*$/.test(prefix)) throw new TypeError('not a prefix of keys');
  const path = url.pathname.replace(/\/*$/, '/');
  return addressing === 'path'
    ? `${url.origin}${path}${bucket}/${prefix}`
    : `${url.protocol}//${bucket}.${url.host}${path}${prefix}`;
}

async function gather(content: Bytes, sizeBytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of content) {
    sizeBytes += piece.length;
    if (sizeBytes > sizeBytesMax) throw new InternalFault('a blob is larger than its writer said');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Of the reply only the status: vendors' error pages quote keys and host names. */
function failure(method: string, status: number): Unavailable {
  return new Unavailable(`S3 ${method} was answered with ${status}`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
