import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import Type from 'typebox';
import { NotFound } from '../core/errors.ts';
import { buildOpenApi } from './openapi.ts';
import { defineRoute, openGuard, replyWithBytes } from './route.ts';
import type { Surface } from './surface.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

const LIMIT = 300_000;
const guard = openGuard('A test.');

async function* pieces(count: number, size: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(size, n);
  if (failure !== undefined) throw failure;
}

function surfaceOf(lines: unknown[] = []): Surface {
  return {
    ...createFakeSurface(),
    routes: [
      defineRoute({
        ...{ method: 'POST', path: '/fake/files', operation: 'putFile', summary: 'Counts bytes.', guard },
        ...{ reads: 'stream', bodyType: 'multipart/form-data', bodyBytesMax: LIMIT },
        body: Type.Object({ file: Type.String() }),
        reply: Type.Object({ size: Type.Integer() }),
        handler: async ({ stream = pieces(0, 0), query, line }) => {
          lines.push(line);
          let size = 0;
          for await (const piece of stream) {
            size += piece.length;
            if (query.stop !== undefined) throw new NotFound();
          }
          return { size };
        },
      }),
      defineRoute({
        ...{ method: 'GET', path: '/fake/files', operation: 'getFile', summary: 'Gives bytes.', guard },
        ...{ reads: 'none', answers: 'bytes' },
        reply: Type.Null(),
        handler: async ({ query }) => {
          const headers = { 'content-type': 'image/png', 'cache-control': 'private, no-store' };
          const failure = query.fail === undefined ? undefined : new Error('broken');
          if (query.fail === 'first')
            return replyWithBytes(pieces(0, 0, new NotFound()), { headers, sizeBytes: 1 });
          return replyWithBytes(pieces(failure === undefined ? 4 : 3, 100_000, failure), {
            status: 206,
            headers,
            sizeBytes: 400_000,
          });
        },
      }),
    ],
  };
}

test('a stream is read as it was sent, whatever its type, and the request line is given as sent', async () => {
  const lines: unknown[] = [];
  await using fake = await startFakeServer({ surface: surfaceOf(lines) });
  const sent = { method: 'POST', body: Buffer.alloc(200_000), headers: { 'content-type': 'x/y' } };
  const reply = await fetch(`${fake.url}/fake/files?a=%20b`, sent);
  assert.deepEqual([reply.status, await reply.json()], [200, { size: 200_000 }]);
  assert.deepEqual(lines, [{ method: 'POST', path: '/fake/files', query: 'a=%20b' }]);
  const none = await fetch(`${fake.url}/fake/files`, { method: 'POST' });
  assert.deepEqual(await none.json(), { size: 0 });
});

test('a stream that is larger than its route allows is refused, with and without a length', async () => {
  await using fake = await startFakeServer({ surface: surfaceOf() });
  const whole = await fetch(`${fake.url}/fake/files`, { method: 'POST', body: Buffer.alloc(LIMIT + 1) });
  assert.deepEqual([whole.status, await whole.json()], [400, { oops: 'body_too_large' }]);
  const body = ReadableStream.from(pieces(4, 100_000));
  const sent: RequestInit = { method: 'POST', body, duplex: 'half' };
  const chunked = await fetch(`${fake.url}/fake/files`, sent);
  assert.deepEqual([chunked.status, await chunked.json()], [400, { oops: 'body_too_large' }]);
});

test('who stops reading is still answered for, and the connection goes on', async () => {
  await using fake = await startFakeServer({ surface: surfaceOf() });
  for (let n = 0; n < 3; n += 1) {
    const sent = { method: 'POST', body: Buffer.alloc(290_000) };
    const reply = await fetch(`${fake.url}/fake/files?stop=1`, sent);
    assert.deepEqual([reply.status, await reply.json()], [404, { oops: 'not_found' }]);
  }
});

test('a client that goes away in the middle ends the stream with an error', async () => {
  await using fake = await startFakeServer({ surface: surfaceOf() });
  const socket = connect(fake.port, '127.0.0.1');
  socket.write('POST /fake/files HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf', () => {
    setTimeout(() => socket.destroy(), 50);
  });
  await new Promise((resolve) => socket.once('close', resolve));
  while (!fake.logged().some(({ code }) => code === 'unreadable_body')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('bytes go out with their own headers and the kit’s', async () => {
  await using fake = await startFakeServer({ surface: surfaceOf() });
  const reply = await fetch(`${fake.url}/fake/files`);
  assert.equal(reply.status, 206);
  assert.equal(reply.headers.get('content-type'), 'image/png');
  assert.equal(reply.headers.get('content-length'), '400000');
  assert.equal(reply.headers.get('cache-control'), 'private, no-store');
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  assert.match(reply.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  const bytes = Buffer.from(await reply.arrayBuffer());
  assert.equal(bytes.length, 400_000);
  assert.deepEqual([bytes[0], bytes[399_999]], [0, 3]);
  const head = await fetch(`${fake.url}/fake/files`, { method: 'HEAD' });
  assert.deepEqual([head.headers.get('content-length'), await head.text()], ['400000', '']);
});

test('a source that fails at once is an error like any other; later it breaks the reply off', async () => {
  await using fake = await startFakeServer({ surface: surfaceOf() });
  const first = await fetch(`${fake.url}/fake/files?fail=first`);
  assert.deepEqual([first.status, await first.json()], [404, { oops: 'not_found' }]);
  await assert.rejects(async () => (await fetch(`${fake.url}/fake/files?fail=late`)).arrayBuffer());
  assert.ok(fake.logged().some(({ level }) => level === 'error' || level === 50));
});

test('the reference names the types of both', () => {
  const { paths } = buildOpenApi(surfaceOf(), { url: '/' }) as unknown as {
    // biome-ignore lint/suspicious/noExplicitAny: a document to look into.
    paths: any;
  };
  const { post, get } = paths['/fake/files'];
  assert.deepEqual(Object.keys(post.requestBody.content), ['multipart/form-data']);
  assert.deepEqual(Object.keys(get.responses['200'].content), ['application/octet-stream']);
});
