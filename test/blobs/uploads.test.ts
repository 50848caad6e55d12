import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readRangeHeader } from '../../src/core/blobs/byte-range.ts';
import { attachUpload, openDocument, openUpload } from '../../src/core/blobs/document-keys.ts';
import { BlobTaken, UploadNotAccepted, UploadRefused } from '../../src/core/blobs/errors.ts';
import type { BlobKey, BlobStore } from '../../src/core/blobs/ports.ts';
import { readDocument } from '../../src/core/blobs/read-document.ts';
import { type ReceivedUpload, receiveUpload } from '../../src/core/blobs/receive-upload.ts';
import { CHUNK_BYTES, CHUNK_OVERHEAD_BYTES, sealedSizeOf } from '../../src/core/blobs/sealed-chunks.ts';
import { createUploadForm, UPLOAD_BYTES_MAX } from '../../src/core/blobs/upload-forms.ts';
import { BodyTooLarge, NotFound, SealBroken } from '../../src/core/errors.ts';
import { openFileBlobStore } from '../../src/providers/blobs/files.ts';
import { formReader } from '../../src/providers/blobs/form-reader.ts';
import { createS3BlobStore } from '../../src/providers/blobs/s3.ts';
import { sha256Hasher } from '../../src/providers/blobs/sha256.ts';
import { createGuardedClient } from '../../src/providers/net/guarded-client.ts';
import { TestClock } from '../harness/clock.ts';
import {
  formBody,
  gather,
  ids,
  inPieces,
  jpegOf,
  newIdentityId,
  newPool,
  PDF,
  pngOf,
  random,
  type TestPool,
} from './kit.ts';
import { S3_BUCKET, S3_CREDENTIALS, startS3Server } from './s3-server.ts';

const BUCKET = 'pool-a';
const BOUNDARY = 'x-boundary';
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const clock = new TestClock();
let scratch: string;
let server: { endpoint: string; close(): Promise<void> };
let own: TestPool;
const stores: Record<string, BlobStore> = {};
const directoryOf = (name: string): string => join(scratch, name);

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'selfsame-uploads-'));
  own = await newPool();
  server = await startS3Server(directoryOf('s3'));
  stores.files = await openFileBlobStore({ directory: directoryOf('files') });
  stores.s3 = createS3BlobStore({
    endpoint: server.endpoint,
    region: 'us-east-1',
    bucket: S3_BUCKET,
    ...S3_CREDENTIALS,
    addressing: 'path',
    prefix: '',
    client: createGuardedClient({
      allowPrivate: ['127.0.0.0/8'],
      timeoutMs: 20_000,
      maxResponseBytes: 1_000,
    }),
    clock,
  });
});
after(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

type Fields = Readonly<Record<string, string>>;

function newForm(extension = 'jpeg', options: { pool?: TestPool; sizeBytesMax?: number } = {}): Fields {
  const { pool = own, ...limits } = options;
  const deps = { pool: pool.pool, clock, random };
  return { ...createUploadForm(deps, { poolId: pool.poolId, bucket: BUCKET, extension, ...limits }) };
}

function upload(blobs: BlobStore, fields: Fields, content: Buffer, pool = own): Promise<ReceivedUpload> {
  const parts = Object.entries(fields).map(([name, value]) => ({ name, value }));
  const file = { name: 'file', value: content, filename: 'me.html', headers: 'Content-Type: text/html\r\n' };
  const deps = { clock, ids, blobs, forms: formReader, hasher: sha256Hasher };
  return receiveUpload(deps, {
    poolId: pool.poolId,
    bucket: BUCKET,
    pool: pool.pool,
    contentType: CONTENT_TYPE,
    body: inPieces(formBody(BOUNDARY, [...parts, file]), 20_000),
  });
}

const keyOf = (fields: Fields): BlobKey => `${own.poolId}/${fields.key}` as BlobKey;
/** Every byte below a directory, file names included. */
function everythingIn(directory: string): Buffer {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = paths.map((path) => join(directory, path)).filter((path) => statSync(path).isFile());
  return Buffer.concat([Buffer.from(paths.join('\n')), ...files.map((path) => readFileSync(path))]);
}

for (const name of ['files', 's3']) {
  const store = (): BlobStore => {
    const found = stores[name];
    assert.ok(found !== undefined);
    return found;
  };

  describe(`an upload kept in ${name}`, () => {
    it('goes from its form over its identity to exactly the bytes that were sent (statement 51)', async () => {
      const content = jpegOf(640, 480, 300_000);
      const fields = newForm();
      const { upload: stored, facts } = await upload(store(), fields, content);
      assert.deepEqual(facts, {
        key: keyOf(fields),
        sizeBytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        contentType: 'image/jpeg',
        problem: null,
        width: 640,
        height: 480,
      });
      assert.deepEqual(await store().stat(facts.key), { sizeBytes: sealedSizeOf(content.length) });
      const pending = openUpload(own.pool, stored);
      assert.ok(content.equals(await gather(await readDocument({ blobs: store() }, pending))));
      const identityKey = own.pool.createIdentityKey(newIdentityId()).key;
      const box = attachUpload({ pool: own.pool, identityKey }, stored);
      const document = openDocument({ pool: own.pool, identityKey }, { id: stored.id, box });
      assert.ok(content.equals(await gather(await readDocument({ blobs: store() }, document))));
      for (const header of ['bytes=0-9', 'bytes=65530-65545', 'bytes=-17', `bytes=${content.length - 1}-`]) {
        const range = readRangeHeader(header, content.length);
        assert.ok(range !== null && range !== 'all');
        const part = await gather(await readDocument({ blobs: store() }, document, range));
        assert.ok(part.equals(content.subarray(range.start, range.end)), header);
      }
    });

    it('shows nothing of its content where it is kept', async () => {
      const mark = randomBytes(64);
      const content = Buffer.concat([jpegOf(8, 8, 200_000), mark, Buffer.from('Erika Mustermann')]);
      await upload(store(), newForm(), content);
      const kept = everythingIn(directoryOf(name));
      assert.ok(kept.length > content.length);
      for (const part of [mark, Buffer.from('Erika Mustermann'), Buffer.from('JFIF'), Buffer.from('me.html')])
        assert.ok(!kept.includes(part));
    });

    it('is refused late, changed, for another key or pool, and leaves nothing (statement 50)', async () => {
      const content = pngOf(8, 8);
      const late = newForm('png');
      clock.advance(900);
      await assert.rejects(upload(store(), late, content), UploadRefused);
      const [fields, other] = [newForm('png'), newForm('png')];
      const foreign = await newPool();
      for (const changed of [
        { ...fields, key: other.key ?? '' },
        { ...fields, Policy: other.Policy ?? '' },
        { ...fields, acl: 'public-read' },
        newForm('png', { pool: foreign }),
      ])
        await assert.rejects(upload(store(), changed, content), UploadRefused);
      await assert.rejects(upload(store(), fields, content, foreign), UploadRefused);
      for (const one of [late, fields, other]) assert.equal(await store().stat(keyOf(one)), null);
    });

    it('is refused empty, one byte too large, or of another type than its name says (statement 50)', async () => {
      const cases: [Fields, Buffer, typeof UploadNotAccepted | typeof BodyTooLarge][] = [
        [newForm(), Buffer.alloc(0), UploadNotAccepted],
        [newForm(), pngOf(8, 8), UploadNotAccepted],
        [newForm('png'), PDF, UploadNotAccepted],
        [newForm('pdf'), Buffer.from('<html><script>1</script>'), UploadNotAccepted],
        [newForm('pdf'), Buffer.from('%PDF'), UploadNotAccepted],
        [newForm(), jpegOf(8, 8, UPLOAD_BYTES_MAX), BodyTooLarge],
        [newForm('jpeg', { sizeBytesMax: 100 }), jpegOf(8, 8, 100), BodyTooLarge],
      ];
      for (const [fields, content, error] of cases) {
        await assert.rejects(upload(store(), fields, content), error);
        assert.equal(await store().stat(keyOf(fields)), null);
      }
    });

    it('is refused by its first bytes, before the rest is read', async () => {
      const parts = Object.entries(newForm()).map(([field, value]) => ({ name: field, value }));
      const head = formBody(BOUNDARY, [...parts, { name: 'file', value: Buffer.alloc(100), filename: 'x' }]);
      let sent = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        yield head.subarray(0, head.length - BOUNDARY.length - 8);
        for (; ; sent += 1) yield Buffer.alloc(10_000);
      }
      const deps = { clock, ids, blobs: store(), forms: formReader, hasher: sha256Hasher };
      const place = { poolId: own.poolId, bucket: BUCKET, pool: own.pool };
      const received = receiveUpload(deps, { ...place, contentType: CONTENT_TYPE, body: endless() });
      await assert.rejects(received, UploadNotAccepted);
      assert.ok(sent < 50, `${sent} pieces`);
    });

    it('may have the largest size', async () => {
      const filler = UPLOAD_BYTES_MAX - jpegOf(8, 8).length;
      const { facts } = await upload(store(), newForm(), jpegOf(8, 8, filler));
      assert.equal(facts.sizeBytes, UPLOAD_BYTES_MAX);
    });

    it('is good for one file: a form that was used stores nothing more', async () => {
      const fields = newForm('png');
      const { upload: stored } = await upload(store(), fields, pngOf(8, 8));
      await assert.rejects(upload(store(), fields, pngOf(9, 9)), BlobTaken);
      const again = await gather(await readDocument({ blobs: store() }, openUpload(own.pool, stored)));
      assert.ok(again.equals(pngOf(8, 8)));
    });

    it('is kept with its problem when it is more than one thing, for the checks to say so', async () => {
      const archive = Buffer.alloc(22);
      archive.write('PK\x05\x06', 'latin1');
      const polyglot = await upload(store(), newForm(), Buffer.concat([jpegOf(8, 8), archive]));
      assert.equal(polyglot.facts.problem, 'polyglot');
      const huge = await upload(store(), newForm('png'), pngOf(8, 8, { width: 60_000, height: 60_000 }));
      assert.equal(huge.facts.problem, 'dimensions_too_large');
    });

    it('is gone when it is deleted', async () => {
      const { upload: stored, facts } = await upload(store(), newForm('pdf'), PDF);
      await store().delete(facts.key);
      await assert.rejects(readDocument({ blobs: store() }, openUpload(own.pool, stored)), NotFound);
    });
  });
}

describe('a stored file that somebody changed', () => {
  const CHUNK = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES;
  const pathOf = (key: BlobKey): string => join(directoryOf('files'), 'objects', key);
  const blobs = (): BlobStore => stores.files as BlobStore;

  it('is not read: any flipped bit, a cut, an extension, a swap of chunks or of files', async () => {
    const content = jpegOf(640, 480, 3 * CHUNK_BYTES);
    const { upload: stored, facts } = await upload(blobs(), newForm(), content);
    const other = await upload(blobs(), newForm(), content);
    const document = openUpload(own.pool, stored);
    const original = readFileSync(pathOf(facts.key));
    const chunk = (number: number): Buffer => original.subarray(number * CHUNK, (number + 1) * CHUNK);
    const flipped = Array.from({ length: 40 }, () => {
      const bytes = Buffer.from(original);
      const at = randomBytes(4).readUInt32BE() % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      return bytes;
    });
    const changed = [
      ...flipped,
      original.subarray(0, -1),
      original.subarray(0, 3 * CHUNK),
      Buffer.concat([original, Buffer.alloc(1)]),
      Buffer.concat([original, chunk(3)]),
      Buffer.concat([chunk(1), chunk(0), chunk(2), chunk(3)]),
      Buffer.concat([chunk(0), chunk(0), chunk(2), chunk(3)]),
      readFileSync(pathOf(other.facts.key)),
      Buffer.alloc(0),
    ];
    for (const bytes of changed) {
      writeFileSync(pathOf(facts.key), bytes);
      await assert.rejects(async () => gather(await readDocument({ blobs: blobs() }, document)), SealBroken);
    }
    // A range looks at its own chunks, and at the size of the whole.
    writeFileSync(pathOf(facts.key), original.subarray(0, 3 * CHUNK));
    const range = { start: 0, end: 10 };
    await assert.rejects(readDocument({ blobs: blobs() }, document, range), SealBroken);
    writeFileSync(pathOf(facts.key), original);
    assert.ok(content.equals(await gather(await readDocument({ blobs: blobs() }, document))));
  });
});
