import { toBlobKey } from '../core/blobs/blob-key.ts';
import type { Deps } from '../core/deps.ts';
import type { PoolId } from '../core/ports.ts';
import type { Job } from './periodic.ts';

const EVERY_MS = 60_000;
/** Rows a statement. */
const BATCH = 200;

/**
 * Removes uploads that were not attached within a day, and deletes files that nothing leads to any more: of those, of
 * erased identities and of removed ones. Their keys are gone already, so this is about space. Safe to run in several
 * processes at once, and again after a crash: a file leaves the queue only once it is deleted.
 *
 * @param onFault Told of each file that could not be deleted; it is tried again at the next turn.
 */
export function createBlobJob(
  deps: Pick<Deps, 'documents' | 'blobs' | 'clock'>,
  onFault: (error: unknown) => void,
): Job {
  const { documents, clock } = deps;
  return {
    name: 'blobs',
    everyMs: EVERY_MS,
    async run() {
      const now = clock.now();
      for (const poolId of await documents.listPoolsWithWaste(now)) {
        while ((await documents.removeExpiredUploads(poolId, now, BATCH)) === BATCH);
        await deleteQueued(deps, poolId, onFault);
      }
    },
  };
}

async function deleteQueued(
  { documents, blobs }: Pick<Deps, 'documents' | 'blobs'>,
  poolId: PoolId,
  onFault: (error: unknown) => void,
): Promise<void> {
  for (let after: string | null = null; ; ) {
    const names: string[] = await documents.listRemovals(poolId, { after, limit: BATCH });
    for (const name of names) {
      try {
        const key = toBlobKey(poolId, name);
        if (key !== null) await blobs.delete(key);
        await documents.forgetRemoval(poolId, name);
      } catch (error) {
        onFault(error);
      }
    }
    after = names.at(-1) ?? null;
    if (names.length < BATCH) return;
  }
}
