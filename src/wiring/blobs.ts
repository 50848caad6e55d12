import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { BlobStore } from '../core/blobs/ports.ts';
import type { Clock } from '../core/ports.ts';
import { openFileBlobStore } from '../providers/blobs/files.ts';
import { createS3BlobStore } from '../providers/blobs/s3.ts';
import { createGuardedClient } from '../providers/net/guarded-client.ts';

const S3_TIMEOUT_MS = 30_000;
/** The adapter reads in slices of a mebibyte. */
const S3_BYTES_MAX = 2 * 1024 * 1024;

/** The store of uploaded files: a directory, or what the configuration names. @throws Unavailable */
export async function openBlobStore({ blobs, data }: Config, clock: Clock): Promise<BlobStore> {
  const { s3, directory } = blobs;
  if (s3 === null) return openFileBlobStore({ directory: directory ?? join(data.dir, 'blobs') });
  const { secretAccessKey, ...rest } = s3;
  // The operator names this address in the configuration, so it may well be a private one.
  const client = createGuardedClient({
    allowPrivate: true,
    timeoutMs: S3_TIMEOUT_MS,
    maxResponseBytes: S3_BYTES_MAX,
  });
  return createS3BlobStore({
    ...rest,
    endpoint: String(rest.endpoint),
    secretAccessKey: secretAccessKey.reveal(),
    client,
    clock,
  });
}

/** Opened when first asked for: commands that never touch a file make no directory. A failed opening is not kept. */
export function lazyBlobStore(openStore: () => Promise<BlobStore>): BlobStore {
  let opening: Promise<BlobStore> | null = null;
  const opened = (): Promise<BlobStore> => {
    opening ??= openStore().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    put: async (key, content, limits) => (await opened()).put(key, content, limits),
    read: async (key, range) => (await opened()).read(key, range),
    stat: async (key) => (await opened()).stat(key),
    delete: async (key) => (await opened()).delete(key),
  };
}
