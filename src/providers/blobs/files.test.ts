import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  globSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gather, inPieces, newPoolId, random } from '../../../test/blobs/kit.ts';
import { createObjectName, toBlobKey } from '../../core/blobs/blob-key.ts';
import { BlobTaken } from '../../core/blobs/errors.ts';
import type { BlobKey } from '../../core/blobs/ports.ts';
import { InternalFault, NotFound, Unavailable } from '../../core/errors.ts';
import { type FileBlobStore, openFileBlobStore } from './files.ts';

const LIMITS = { sizeBytesMax: 10_000_000 };
const INTERRUPTED = new URL('../../../test/blobs/interrupted-put.ts', import.meta.url).pathname;
let scratch: string;
let directory: string;
let store: FileBlobStore;
before(() => {
  scratch = mkdtempSync(join(tmpdir(), 'selfsame-blobs-'));
});
after(() => rmSync(scratch, { recursive: true, force: true }));
beforeEach(async () => {
  directory = join(scratch, randomBytes(8).toString('hex'), 'blobs');
  store = await openFileBlobStore({ directory });
});

function newKey(): BlobKey {
  const key = toBlobKey(newPoolId(), createObjectName(random, 'jpeg'));
  assert.ok(key !== null);
  return key;
}
const filesBelow = (): string[] =>
  globSync('**/*', { cwd: directory }).filter((path) => statSync(join(directory, path)).isFile());
const put = (key: BlobKey, bytes: Buffer) => store.put(key, inPieces(bytes, 30_000), LIMITS);

describe('blobs in files', () => {
  it('come back whole and in ranges', async () => {
    const key = newKey();
    const bytes = randomBytes(700_001);
    assert.deepEqual(await put(key, bytes), { sizeBytes: bytes.length });
    assert.deepEqual(await store.stat(key), { sizeBytes: bytes.length });
    assert.ok(bytes.equals(await gather(await store.read(key))));
    for (const [start, end] of [
      [0, 1],
      [262_143, 262_145],
      [700_000, 700_001],
      [5, 600_000],
    ] as const)
      assert.ok(bytes.subarray(start, end).equals(await gather(await store.read(key, { start, end }))));
    assert.equal((await gather(await store.read(key, { start: 700_000, end: 800_000 }))).length, 1);
    assert.equal((await gather(await store.read(key, { start: 800_000, end: 800_001 }))).length, 0);
  });

  it('are there for the server only: 0700 and 0600, also in a directory that was open', async () => {
    await put(newKey(), randomBytes(10));
    chmodSync(directory, 0o755);
    store = await openFileBlobStore({ directory });
    for (const path of ['', ...globSync('**/*', { cwd: directory })]) {
      const found = statSync(join(directory, path));
      assert.equal(found.mode & 0o777, found.isFile() ? 0o600 : 0o700, path);
    }
  });

  it('are never replaced: of many at once under one key exactly one is stored', async () => {
    const key = newKey();
    const contents = Array.from({ length: 8 }, () => randomBytes(50_000));
    const results = await Promise.allSettled(contents.map((bytes) => put(key, bytes)));
    const stored = results.flatMap(({ status }, at) => (status === 'fulfilled' ? [contents[at]] : []));
    assert.equal(stored.length, 1);
    for (const result of results)
      if (result.status === 'rejected') assert.ok(result.reason instanceof BlobTaken);
    assert.ok(stored[0]?.equals(await gather(await store.read(key))));
    assert.equal(filesBelow().length, 1);
  });

  it('are gone once deleted, and may be deleted again', async () => {
    const key = newKey();
    await put(key, randomBytes(10));
    await store.delete(key);
    await store.delete(key);
    assert.equal(await store.stat(key), null);
    await assert.rejects(store.read(key), NotFound);
    await store.delete(newKey());
  });

  it('leave nothing behind when their source fails, or is larger than it said', async () => {
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
    assert.deepEqual(filesBelow(), []);
    await put(key, randomBytes(10));
  });

  it('are nowhere to be seen after a kill, and what was left is swept an hour later', async () => {
    const key = newKey();
    const child = spawn(process.execPath, [INTERRUPTED, directory, key], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await store.stat(key), null);
    await assert.rejects(store.read(key), NotFound);
    const [left, ...more] = filesBelow();
    assert.match(left ?? '', /^incoming\/[0-9a-f]{32}\.part$/);
    assert.deepEqual(more, []);
    // Another process may be writing it still.
    assert.equal(await store.sweep(), 0);
    await put(key, randomBytes(10));
    const past = new Date(Date.now() - 3_700_000);
    utimesSync(join(directory, left ?? ''), past, past);
    store = await openFileBlobStore({ directory });
    assert.equal(filesBelow().length, 1);
    assert.equal((await store.stat(key))?.sizeBytes, 10);
  });

  it('sweeps its own leftovers only', async () => {
    const own = join(directory, 'incoming', `${'a'.repeat(32)}.part`);
    const other = join(directory, 'incoming', 'notes.txt');
    for (const path of [own, other]) writeFileSync(path, 'x');
    assert.equal(await store.sweep(new Date(Date.now() + 3_700_000)), 1);
    assert.deepEqual(filesBelow(), ['incoming/notes.txt']);
  });

  it('lie at no other place than below the directory, whatever a key is made to be', async () => {
    const outside = join(dirname(directory), 'outside.jpeg');
    writeFileSync(outside, 'secret');
    const pool = newPoolId();
    const keys = [
      '../outside.jpeg',
      '../../outside.jpeg',
      outside,
      `${pool}/../../outside.jpeg`,
      `${pool}/aa/bb/cc/dd/../../../../../../outside.jpeg`,
      `${pool}/aa/bb/cc/dd/Q9TdlaDeAqvdwrjM.jpeg\0`,
      `${pool}\\aa\\bb\\cc\\dd\\Q9TdlaDeAqvdwrjM.jpeg`,
      '',
    ] as BlobKey[];
    for (const key of keys) {
      await assert.rejects(store.stat(key), InternalFault, key);
      await assert.rejects(store.read(key), InternalFault, key);
      await assert.rejects(store.delete(key), InternalFault, key);
      await assert.rejects(put(key, randomBytes(10)), InternalFault, key);
    }
    assert.ok(statSync(outside).isFile());
    assert.deepEqual(filesBelow(), []);
  });

  it('are not read through a link that somebody put in their place', async () => {
    const outside = join(dirname(directory), 'outside.jpeg');
    writeFileSync(outside, 'secret');
    const key = newKey();
    const path = join(directory, 'objects', key);
    await mkdir(dirname(path), { recursive: true });
    symlinkSync(outside, path);
    assert.equal(await store.stat(key), null);
    await assert.rejects(store.read(key), NotFound);
    await assert.rejects(put(key, randomBytes(10)), BlobTaken);
    const folder = newKey();
    await mkdir(join(directory, 'objects', folder), { recursive: true });
    assert.equal(await store.stat(folder), null);
  });

  it('tell of a disk that does not work as being unavailable, without its paths', async () => {
    const file = join(dirname(directory), 'file');
    writeFileSync(file, '');
    await assert.rejects(openFileBlobStore({ directory: join(file, 'blobs') }), (error: unknown) => {
      assert.ok(error instanceof Unavailable);
      assert.ok(!`${error.message} ${error.detail}`.includes(scratch));
      return true;
    });
  });
});
