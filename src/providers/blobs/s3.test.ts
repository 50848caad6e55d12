import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gather, inPieces, newPoolId, random } from '../../../test/blobs/kit.ts';
import { S3_BUCKET, S3_CREDENTIALS, startS3Server } from '../../../test/blobs/s3-server.ts';
import { TestClock } from '../../../test/harness/clock.ts';
import { createObjectName, toBlobKey } from '../../core/blobs/blob-key.ts';
import { BlobTaken } from '../../core/blobs/errors.ts';
import type { BlobKey, BlobStore } from '../../core/blobs/ports.ts';
import { DestinationRefused, InternalFault, NotFound, Unavailable } from '../../core/errors.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { createS3BlobStore, type S3BlobStoreOptions } from './s3.ts';

const LIMITS = { sizeBytesMax: 20_000_000 };
const client = createGuardedClient({
  allowPrivate: ['127.0.0.0/8'],
  timeoutMs: 20_000,
  maxResponseBytes: 1_000,
});
let directory: string;
let server: { endpoint: string; close(): Promise<void> };
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selfsame-s3-'));
  server = await startS3Server(directory);
});
after(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

function storeWith(options: Partial<S3BlobStoreOptions> = {}): BlobStore {
  return createS3BlobStore({
    endpoint: server.endpoint,
    region: 'us-east-1',
    bucket: S3_BUCKET,
    ...S3_CREDENTIALS,
    addressing: 'path',
    prefix: 'selfsame/',
    client,
    clock: new TestClock(),
    ...options,
  });
}

function newKey(): BlobKey {
  const key = toBlobKey(newPoolId(), createObjectName(random, 'jpeg'));
  assert.ok(key !== null);
  return key;
}

describe('blobs in S3', () => {
  it('come back whole and in ranges, also when that takes several requests', async () => {
    const store = storeWith();
    const key = newKey();
    const bytes = randomBytes(2 * 1024 * 1024 + 77);
    assert.deepEqual(await store.put(key, inPieces(bytes, 100_000), LIMITS), { sizeBytes: bytes.length });
    assert.deepEqual(await store.stat(key), { sizeBytes: bytes.length });
    assert.ok(bytes.equals(await gather(await store.read(key))));
    // The server takes `bytes=0-0` for everything.
    for (const [start, end] of [
      [0, 2],
      [1_048_575, 1_048_577],
      [5, 2_000_000],
      [bytes.length - 1, bytes.length],
    ] as const) {
      const part = await gather(await store.read(key, { start, end }));
      assert.ok(bytes.subarray(start, end).equals(part), `${start}-${end}`);
    }
    const { length } = bytes;
    assert.equal((await gather(await store.read(key, { start: length - 1, end: length + 9 }))).length, 1);
    assert.equal((await gather(await store.read(key, { start: length, end: length + 9 }))).length, 0);
  });

  it('are never replaced', async () => {
    const store = storeWith();
    const key = newKey();
    await store.put(key, inPieces(Buffer.from('first'), 2), LIMITS);
    await assert.rejects(store.put(key, inPieces(Buffer.from('second'), 2), LIMITS), BlobTaken);
    assert.equal((await gather(await store.read(key))).toString(), 'first');
  });

  it('are gone once deleted, and may be deleted again', async () => {
    const store = storeWith();
    const key = newKey();
    await store.put(key, inPieces(Buffer.from('x'), 1), LIMITS);
    await store.delete(key);
    await store.delete(key);
    assert.equal(await store.stat(key), null);
    await assert.rejects(store.read(key), NotFound);
  });

  it('leave nothing behind when their source fails, or is larger than it said', async () => {
    const store = storeWith();
    const key = newKey();
    async function* failing(): AsyncGenerator<Buffer> {
      yield randomBytes(100_000);
      throw new RangeError('the sender went away');
    }
    await assert.rejects(store.put(key, failing(), LIMITS), RangeError);
    await assert.rejects(
      store.put(key, inPieces(randomBytes(1_001), 100), { sizeBytesMax: 1_000 }),
      InternalFault,
    );
    assert.equal(await store.stat(key), null);
  });

  it('are apart by prefix, and nowhere in a bucket that is not there', async () => {
    const key = newKey();
    await storeWith().put(key, inPieces(Buffer.from('x'), 1), LIMITS);
    assert.equal(await storeWith({ prefix: 'other/' }).stat(key), null);
    const elsewhere = storeWith({ bucket: 'no-such-bucket' });
    await assert.rejects(elsewhere.put(key, inPieces(Buffer.from('x'), 1), LIMITS), Unavailable);
  });

  it('need the right credentials, and say no more than that the store refused', async () => {
    const key = newKey();
    for (const wrong of [{ secretAccessKey: 'wrong' }, { accessKeyId: 'NOBODY' }]) {
      const store = storeWith(wrong);
      await assert.rejects(store.stat(key), (error: unknown) => {
        assert.ok(error instanceof Unavailable);
        assert.equal(error.detail, 'S3 HEAD was answered with 403');
        return true;
      });
      await assert.rejects(store.put(key, inPieces(Buffer.from('x'), 1), LIMITS), Unavailable);
      await assert.rejects(store.read(key), Unavailable);
      await assert.rejects(store.delete(key), Unavailable);
    }
    assert.equal(await storeWith().stat(key), null);
  });

  it('are asked for by keys of the one pattern only, at allowed addresses only', async () => {
    const store = storeWith();
    for (const key of ['../x', '', 'a?versionId=1', `${newPoolId()}/../x.jpeg`] as BlobKey[]) {
      await assert.rejects(store.stat(key), InternalFault);
      await assert.rejects(store.delete(key), InternalFault);
    }
    const strict = createGuardedClient({ allowPrivate: false, timeoutMs: 1_000, maxResponseBytes: 1_000 });
    await assert.rejects(storeWith({ client: strict }).stat(newKey()), DestinationRefused);
  });

  it('are not configured by what is no endpoint, bucket or prefix', () => {
    const wrong: Partial<S3BlobStoreOptions>[] = [
      { endpoint: 'ftp://example.com' },
      { endpoint: 'not a URL' },
      { endpoint: 'https://example.com/?x' },
      { bucket: 'Upper' },
      { bucket: 'a/b' },
      { bucket: '..' },
      { prefix: '/' },
      { prefix: 'no-slash' },
      { prefix: '../' },
    ];
    for (const options of wrong) assert.throws(() => storeWith(options), TypeError, JSON.stringify(options));
  });
});

/** Answers with what the test says, and keeps what it was asked. */
async function withReplies(
  reply: (request: http.IncomingMessage) => {
    status: number;
    headers?: http.OutgoingHttpHeaders;
    body?: string;
  },
  work: (store: BlobStore, asked: http.IncomingMessage[]) => Promise<void>,
): Promise<void> {
  const asked: http.IncomingMessage[] = [];
  const odd = http.createServer((request, response) => {
    asked.push(request);
    request.resume();
    const { status, headers = {}, body = '' } = reply(request);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = odd.address() as AddressInfo;
    await work(storeWith({ endpoint: `http://127.0.0.1:${port}` }), asked);
  } finally {
    odd.close();
  }
}

describe('an S3 store that answers oddly', () => {
  it('is told not to replace in the signed request itself, and believed when it refuses', async () => {
    const reply = ({ method }: http.IncomingMessage) => ({ status: method === 'HEAD' ? 404 : 412 });
    await withReplies(reply, async (store, asked) => {
      await assert.rejects(store.put(newKey(), inPieces(Buffer.from('x'), 1), LIMITS), BlobTaken);
      const put = asked.at(-1);
      assert.equal(put?.headers['if-none-match'], '*');
      assert.match(
        put?.headers.authorization ?? '',
        /SignedHeaders=[^,]*if-none-match[^,]*x-amz-content-sha256/,
      );
      assert.match(String(put?.headers['x-amz-content-sha256']), /^[0-9a-f]{64}$/);
    });
  });

  it('is not read when it sends another range, everything, or a changed object', async () => {
    const range = (text: string) => ({ 'content-range': text, etag: '"1"' });
    const replies = [
      { status: 200, body: 'everything' },
      { status: 206, body: 'x' },
      { status: 206, headers: range('bytes 5-5/10'), body: 'x' },
      { status: 206, headers: range('bytes 0-0/*'), body: 'x' },
      { status: 206, headers: range('bytes 0-0/1'), body: 'xy' },
      { status: 304 },
      { status: 500, body: '<Error/>' },
      { status: 301, headers: { location: 'http://127.0.0.1:1/' } },
    ];
    for (const answer of replies) {
      await withReplies(
        () => answer,
        async (store) => {
          await assert.rejects(
            async () => gather(await store.read(newKey(), { start: 0, end: 1 })),
            Unavailable,
          );
        },
      );
    }
    // Replaced between two slices.
    let requests = 0;
    const replaced = () => {
      requests += 1;
      return requests === 1 ? { status: 206, headers: range('bytes 0-1/4'), body: 'ab' } : { status: 412 };
    };
    await withReplies(replaced, async (store, asked) => {
      await assert.rejects(async () => gather(await store.read(newKey())), Unavailable);
      assert.equal(asked.at(-1)?.headers['if-match'], '"1"');
    });
  });
});
