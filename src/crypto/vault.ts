import { Unavailable } from '../core/errors.ts';
import type { KeyManagementService, PoolId, PoolKeyStore, StoredPoolKey, Vault } from '../core/ports.ts';
import type { RandomBytes } from './data-key.ts';
import { createKeyBytes } from './key-bytes.ts';
import { openPoolKeys, type PoolKeys, unwrapPoolKey, wrapPoolKey } from './pool-keys.ts';
import { OpenPoolVault } from './pool-vault.ts';
import { KEY_BYTES } from './seal.ts';

const POOLS_HELD_MAX = 10_000;

export interface VaultDeps {
  readonly kms: KeyManagementService;
  readonly poolKeys: PoolKeyStore;
  /** For keys. */
  readonly randomBytes: RandomBytes;
  /** For nonces; default the same. */
  readonly nonceBytes?: RandomBytes;
  /** How many pools' opened keys stay in memory, about 2 KB each; the least recently used go first. */
  readonly poolsHeldMax?: number;
}

export interface RefreshableVault extends Vault {
  pool(poolId: PoolId, atLeast?: number): Promise<OpenPoolVault>;
  held(poolId: PoolId, atLeast: number): OpenPoolVault | null;
  /**
   * Reads and unwraps a pool's keys anew, so that keys stored before this call are among them: for the
   * process that rotates. When it fails, the keys held before stay in use.
   *
   * @throws RootKeyMismatch @throws SealBroken @throws Unavailable
   */
  refresh(poolId: PoolId): Promise<OpenPoolVault>;
}

interface Held {
  readonly vault: OpenPoolVault;
  readonly keys: PoolKeys;
  /** The pool's configuration version as of which the keys were listed. */
  readonly configVersion: number;
  /** Something named a newer key: the next `pool()` reads anew. */
  isStale: boolean;
  /** Why the last attempt to read anew failed; these keys are used in spite of it. */
  failure: unknown;
}

/**
 * Pool keys are unwrapped once and kept: first callers at the same time share one load, a failed load is not kept.
 * Keys are read anew, by one load for all, for a caller who has read a later configuration version than they were
 * listed as of; that is what a rotation elsewhere relies on. Only versions that are not open yet are unwrapped.
 *
 * A second net: an envelope that names a newer pool key than those kept fails with SealBroken, and the next `pool()`
 * reads the keys anew, so that one retry from `pool()` on is enough.
 */
export function createVault(deps: VaultDeps): RefreshableVault {
  const { kms, poolKeys, randomBytes, nonceBytes = randomBytes, poolsHeldMax = POOLS_HELD_MAX } = deps;
  const keyBytes = createKeyBytes(randomBytes);
  const held = new Map<PoolId, Held>();
  const loads = new Map<PoolId, Promise<Held>>();

  const load = async (poolId: PoolId): Promise<Held> => {
    const { keys: stored, configVersion } = await poolKeys.listPoolKeys(poolId);
    const keys = await openPoolKeys(kms, poolId, stored, held.get(poolId)?.keys);
    const onNewerVersion = (): void => {
      entry.isStale = true;
      // Not the record is broken then: the key service, or the database, is away.
      if (entry.failure instanceof Unavailable) throw entry.failure;
    };
    const vault = new OpenPoolVault(poolId, { keys, keyBytes, nonceBytes, onNewerVersion });
    const entry: Held = { vault, keys, configVersion, isStale: false, failure: null };
    // Of two loads the one that began first may end last.
    if ((held.get(poolId)?.configVersion ?? 0) <= configVersion) hold(poolId, entry);
    return entry;
  };
  const hold = (poolId: PoolId, entry: Held): void => {
    held.delete(poolId);
    held.set(poolId, entry);
    for (const oldest of held.keys()) {
      if (held.size <= poolsHeldMax) break;
      held.delete(oldest);
    }
  };
  const loadOnce = (poolId: PoolId): Promise<Held> => {
    const started = load(poolId).finally(() => loads.delete(poolId));
    loads.set(poolId, started);
    return started;
  };
  /** Joins a load that is running, unless it began before the version that is asked for was there. */
  const loadShared = async (poolId: PoolId, atLeast: number): Promise<OpenPoolVault> => {
    for (let running = loads.get(poolId); running !== undefined; running = loads.get(poolId)) {
      const entry = await running;
      if (entry.configVersion >= atLeast) return entry.vault;
    }
    return (await loadOnce(poolId)).vault;
  };
  const createKey = (
    poolId: PoolId,
    purpose: StoredPoolKey['purpose'],
    version = 1,
  ): Promise<StoredPoolKey> => {
    const secret = Buffer.from(randomBytes(KEY_BYTES));
    return wrapPoolKey(kms, { poolId, purpose, version }, secret).finally(() => secret.fill(0));
  };

  return {
    createPoolKeys: (poolId) => Promise.all([createKey(poolId, 'seal'), createKey(poolId, 'index')]),
    createSealKey: (poolId, version) => createKey(poolId, 'seal', version),
    async rewrapPoolKey(key) {
      const secret = await unwrapPoolKey(kms, key);
      return wrapPoolKey(kms, key, secret).finally(() => secret.fill(0));
    },
    async currentRootKeyId() {
      // Some services tell the version of their key only when they wrap.
      return (await kms.wrap(randomBytes(KEY_BYTES), 'selfsame/root-key-probe/v1')).keyId;
    },
    held(poolId, atLeast) {
      const entry = held.get(poolId);
      return entry === undefined || entry.isStale || entry.configVersion < atLeast ? null : entry.vault;
    },

    async pool(poolId, atLeast = 0) {
      const entry = held.get(poolId);
      if (entry === undefined) return loadShared(poolId, atLeast);
      if (!entry.isStale && entry.configVersion >= atLeast) {
        hold(poolId, entry);
        return entry.vault;
      }
      try {
        return await loadShared(poolId, atLeast);
      } catch (error) {
        // The keys held still open all that they ever opened: a key service that is away must not stop those
        // reads.
        entry.failure = error;
        return entry.vault;
      }
    },
    refresh: async (poolId) => (await load(poolId)).vault,
  };
}
