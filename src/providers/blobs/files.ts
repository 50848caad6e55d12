import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { readBlobKey } from '../../core/blobs/blob-key.ts';
import { BlobTaken } from '../../core/blobs/errors.ts';
import type { BlobKey, BlobStore, ByteRange, Bytes } from '../../core/blobs/ports.ts';
import { CoreError, InternalFault, NotFound, Unavailable } from '../../core/errors.ts';

const OBJECTS = 'objects';
const INCOMING = 'incoming';
const INCOMING_NAME = /^[0-9a-f]{32}[.]part$/;
/** Longer than any upload may take, so that those of other processes on the same directory are left alone. */
const LEFTOVER_SECONDS = 3_600;
const PIECE_BYTES = 256 * 1024;
/** A link in place of a file is not followed, whoever put it there. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

export interface FileBlobStore extends BlobStore {
  /**
   * Removes what interrupted uploads left behind an hour ago or longer. Done once when the store is opened; may be
   * called at any time.
   *
   * @returns How many files were removed.
   */
  sweep(now?: Date): Promise<number>;
}

/**
 * Blobs as files below one directory, which it makes with mode 0700; files have 0600. A file is written apart, flushed
 * to the disk and only then linked to its name, which also refuses a name that is taken. Needs a file system with hard
 * links; any number of processes may share the directory.
 *
 * @throws Unavailable The directory cannot be made or used.
 */
export async function openFileBlobStore({ directory }: { directory: string }): Promise<FileBlobStore> {
  const objects = join(directory, OBJECTS);
  const incoming = join(directory, INCOMING);
  await guarded(async () => {
    for (const path of [directory, objects, incoming]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await chmod(path, 0o700);
    }
    await syncDirectory(directory);
  });
  const pathOf = (key: BlobKey): string => {
    // Asked again here, whatever the types say: a key is the only part of a path that comes from outside.
    if (readBlobKey(key) === null) throw new InternalFault('not a key of a blob');
    return join(objects, ...key.split('/'));
  };

  const store: FileBlobStore = {
    async put(key, content, { sizeBytesMax }) {
      const path = pathOf(key);
      const part = join(incoming, `${randomBytes(16).toString('hex')}.part`);
      const handle = await guarded(() => open(part, 'wx', 0o600));
      try {
        const sizeBytes = await writeAll(handle, content, sizeBytesMax);
        await guarded(async () => {
          await handle.sync();
          await makeFolders(objects, dirname(path));
          await publish(part, path);
          await syncDirectory(dirname(path));
        });
        return { sizeBytes };
      } finally {
        await handle.close().catch(ignore);
        await unlink(part).catch(ignore);
      }
    },
    async read(key, range) {
      const path = pathOf(key);
      if ((await sizeOf(path)) === null) throw new NotFound();
      return readPieces(path, range);
    },
    async stat(key) {
      const sizeBytes = await sizeOf(pathOf(key));
      return sizeBytes === null ? null : { sizeBytes };
    },
    async delete(key) {
      const path = pathOf(key);
      await guarded(async () => {
        try {
          await unlink(path);
          await syncDirectory(dirname(path));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      });
    },
    async sweep(now = new Date()) {
      const names = await guarded(() => readdir(incoming));
      let removed = 0;
      for (const name of names.filter((one) => INCOMING_NAME.test(one))) {
        const path = join(incoming, name);
        const modified = await stat(path).catch(ignore);
        if (modified === undefined || now.getTime() - modified.mtimeMs < LEFTOVER_SECONDS * 1000) continue;
        // Another process may sweep at the same time.
        removed += await unlink(path).then(
          () => 1,
          () => 0,
        );
      }
      return removed;
    },
  };
  await store.sweep();
  return store;
}

async function writeAll(handle: FileHandle, content: Bytes, sizeBytesMax: number): Promise<number> {
  let sizeBytes = 0;
  for await (const piece of content) {
    sizeBytes += piece.length;
    if (sizeBytes > sizeBytesMax) throw new InternalFault('a blob is larger than its writer said');
    await guarded(() => handle.writeFile(piece));
  }
  return sizeBytes;
}

/** Atomic, and unlike a renaming it replaces nothing. */
async function publish(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new BlobTaken();
    throw error;
  }
}

/**
 * A new folder is only there for good once the one that it lies in was flushed. All of them are, every time: one that
 * was there already may have been made a moment ago by another upload, which has not flushed it yet.
 */
async function makeFolders(objects: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let path = objects;
  await syncDirectory(path);
  for (const name of relative(objects, dirname(folder)).split(sep)) {
    path = join(path, name);
    await syncDirectory(path);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return guarded(async () => {
    try {
      const handle = await open(path, READ_FLAGS);
      try {
        const found = await handle.stat();
        return found.isFile() ? found.size : null;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  });
}

/** Opened when the first piece is asked for: who never asks leaves nothing open. */
async function* readPieces(path: string, range: ByteRange | undefined): AsyncGenerator<Buffer> {
  const handle = await guarded(() => open(path, READ_FLAGS).catch(refuseMissing));
  try {
    const { start, end } = range ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
    for (let at = start; at < end; ) {
      const length = Math.min(PIECE_BYTES, end - at);
      const { bytesRead, buffer } = await guarded(() =>
        handle.read(Buffer.allocUnsafe(length), 0, length, at),
      );
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Paths stay out of what callers see and logs keep: the code of a system error is enough. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CoreError) throw error;
    throw new Unavailable(`blob directory: ${codeOf(error)}`);
  }
}

/** Deleted between the look at it and the first piece. */
function refuseMissing(error: unknown): never {
  throw isMissing(error) ? new NotFound() : error;
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function ignore(): undefined {
  return undefined;
}
