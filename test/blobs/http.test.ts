import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type BlobFacts, openUpload } from '../../src/core/blobs/document-keys.ts';
import { readDocument } from '../../src/core/blobs/read-document.ts';
import { type ReceivedUpload, receiveUpload } from '../../src/core/blobs/receive-upload.ts';
import { createUploadForm } from '../../src/core/blobs/upload-forms.ts';
import { CoreError } from '../../src/core/errors.ts';
import { type FileBlobStore, openFileBlobStore } from '../../src/providers/blobs/files.ts';
import { formReader } from '../../src/providers/blobs/form-reader.ts';
import { sha256Hasher } from '../../src/providers/blobs/sha256.ts';
import { TestClock } from '../harness/clock.ts';
import { gather, ids, jpegOf, newPool, pngOf, random, type TestPool } from './kit.ts';

const BUCKET = 'pool-a';
const clock = new TestClock();
let directory: string;
let own: TestPool;
let blobs: FileBlobStore;
let server: http.Server;
let url: string;
const received: ReceivedUpload[] = [];
let onFailure: (error: unknown) => void = () => {};

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selfsame-uploads-'));
  own = await newPool();
  blobs = await openFileBlobStore({ directory });
  // As thin as a route may be: what clients really send is to be read, not what the tests build.
  server = http.createServer((request, response) => {
    const deps = { clock, ids, blobs, forms: formReader, hasher: sha256Hasher };
    receiveUpload(deps, {
      poolId: own.poolId,
      bucket: BUCKET,
      pool: own.pool,
      contentType: request.headers['content-type'] ?? '',
      body: request.iterator({ destroyOnReturn: false }),
    }).then(
      (upload) => {
        received.push(upload);
        response.writeHead(204).end();
      },
      (error: unknown) => {
        onFailure(error);
        const code = error instanceof CoreError ? error.code : 'internal_fault';
        response.writeHead(error instanceof CoreError ? 400 : 500, { connection: 'close' }).end(code);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function newFields(extension: string): Record<string, string> {
  const deps = { pool: own.pool, clock, random };
  return { ...createUploadForm(deps, { poolId: own.poolId, bucket: BUCKET, extension }) };
}

function formOf(fields: Record<string, string>, content: Buffer): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(content)], { type: 'text/html' }), 'üñí "x".html');
  return form;
}

const filesIn = (): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(directory, path)).isFile(),
  );

it('a form filled in by an ordinary client arrives whole', async () => {
  const content = jpegOf(640, 480, 2_000_000);
  const { status } = await fetch(url, { method: 'POST', body: formOf(newFields('jpg'), content) });
  assert.equal(status, 204);
  const upload = received.pop();
  assert.ok(upload !== undefined);
  const facts: BlobFacts = upload.facts;
  assert.equal(facts.contentType, 'image/jpeg');
  const opened = await readDocument({ blobs }, openUpload(own.pool, upload.upload));
  assert.ok(content.equals(await gather(opened)));
});

it('a refused form is answered although its file was not read', async () => {
  const before = filesIn();
  const altered = { ...newFields('jpg'), key: newFields('jpg').key ?? '' };
  const refused = await fetch(url, { method: 'POST', body: formOf(altered, jpegOf(8, 8, 20_000)) });
  assert.deepEqual([refused.status, await refused.text()], [400, 'upload_refused']);
  const wrong = await fetch(url, { method: 'POST', body: formOf(newFields('jpg'), pngOf(8, 8)) });
  assert.deepEqual([wrong.status, await wrong.text()], [400, 'upload_not_accepted']);
  const none = await fetch(url, { method: 'POST', body: '{}' });
  assert.deepEqual([none.status, await none.text()], [400, 'upload_refused']);
  assert.deepEqual(filesIn(), before);
});

it('a client that goes away in the middle leaves nothing', async () => {
  const before = filesIn();
  const request = new Request(url, { method: 'POST', body: formOf(newFields('jpg'), jpegOf(8, 8, 500_000)) });
  const type = request.headers.get('content-type') ?? '';
  const body = Buffer.from(await request.arrayBuffer());
  const failed = new Promise<unknown>((resolve) => {
    onFailure = resolve;
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  socket.write(body.subarray(0, 300_000), () => socket.destroy());
  assert.ok((await failed) instanceof CoreError);
  assert.deepEqual(filesIn(), before);
});
