import { toBlobKey } from '../blobs/blob-key.ts';
import type { UploadPlace } from '../blobs/upload-forms.ts';
import type { PoolId } from '../ports.ts';
import type { StorageAddress } from './document-ports.ts';

/** Below the origin: `/storage/<application id>/<object name>`. Tells the pool of uploads, links and stored URLs alike. */
export const STORAGE_PATH = '/storage';

/** Where a pool's files go, and the `url` of its upload forms. */
export function placeOf(
  storage: StorageAddress,
  poolId: PoolId,
): UploadPlace & { url: string; path: string } {
  const path = `${STORAGE_PATH}/${poolId}/`;
  return { poolId, bucket: poolId, path, url: `${storage.origin()}${path}` };
}

/**
 * The object that a document's address names. Compared as text, character by character: no address is ever parsed,
 * resolved or fetched.
 *
 * @returns Null for another host, another pool, and what no object is called.
 */
export function objectNameOf(storage: StorageAddress, poolId: PoolId, url: string): string | null {
  const { url: base } = placeOf(storage, poolId);
  const name = url.startsWith(base) ? url.slice(base.length) : '';
  return toBlobKey(poolId, name) === null ? null : name;
}
