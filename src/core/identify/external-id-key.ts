import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { ExternalIdKey, ExternalIdKeyStore } from './ports.ts';

const SECTION = 'identify-external-ids';
const KEY_BYTES = 32;

/**
 * The key of an installation that was given none: made when it is first needed, once however many ask, and kept sealed
 * under the keys of the pool that needed it.
 */
export function createExternalIdKey(
  deps: Pick<Deps, 'vault' | 'random'>,
  store: ExternalIdKeyStore,
): ExternalIdKey {
  const find = async (): Promise<string | null> => {
    const kept = await store.find();
    if (kept === null) return null;
    return (await deps.vault.pool(kept.poolId)).open(SECTION, kept.sealed).toString('utf8');
  };
  let known: Promise<string> | null = null;
  const findOrMake: ExternalIdKey['get'] = async (poolId) => {
    const kept = await find();
    if (kept !== null) return kept;
    const made = deps.random.bytes(KEY_BYTES).toString('base64url');
    const sealed = (await deps.vault.pool(poolId)).seal(SECTION, Buffer.from(made));
    await store.insert({ poolId, sealed });
    const first = await find();
    if (first === null) throw new InternalFault('a key for external ids was made and is not there');
    return first;
  };
  return {
    get(poolId) {
      known ??= findOrMake(poolId).catch((error: unknown) => {
        known = null;
        throw error;
      });
      return known;
    },
  };
}
