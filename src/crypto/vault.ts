import type { KeyManagementService, PoolId, PoolKeyStore, StoredPoolKey, Vault } from '../core/ports.ts';
import type { RandomBytes } from './data-key.ts';
import { openPoolKeys, wrapPoolKey } from './pool-keys.ts';
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
  pool(poolId: PoolId): Promise<OpenPoolVault>;
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
  /** Something named a newer key: the next `pool()` reads anew. */
  readonly isStale: () => boolean;
}

/**
 * Pool keys are unwrapped once and kept: first callers at the same time share one load, a failed load is not
 * kept. An envelope that names a newer pool key than those kept fails with SealBroken, and the next `pool()`
 * reads the keys anew; so after a rotation elsewhere one retry from `pool()` on is enough.
 */
export function createVault(deps: VaultDeps): RefreshableVault {
  const { kms, poolKeys, randomBytes, nonceBytes = randomBytes, poolsHeldMax = POOLS_HELD_MAX } = deps;
  const held = new Map<PoolId, Held>();
  const loads = new Map<PoolId, Promise<OpenPoolVault>>();

  const load = async (poolId: PoolId): Promise<OpenPoolVault> => {
    const keys = await openPoolKeys(kms, poolId, await poolKeys.listPoolKeys(poolId));
    let stale = false;
    const onNewerVersion = (): void => {
      stale = true;
    };
    const vault = new OpenPoolVault(poolId, { keys, randomBytes, nonceBytes, onNewerVersion });
    hold(poolId, { vault, isStale: () => stale });
    return vault;
  };
  const hold = (poolId: PoolId, entry: Held): void => {
    held.delete(poolId);
    held.set(poolId, entry);
    for (const oldest of held.keys()) {
      if (held.size <= poolsHeldMax) break;
      held.delete(oldest);
    }
  };
  const loadOnce = (poolId: PoolId): Promise<OpenPoolVault> => {
    const running = loads.get(poolId);
    if (running !== undefined) return running;
    const started = load(poolId).finally(() => loads.delete(poolId));
    loads.set(poolId, started);
    return started;
  };
  const createKey = (poolId: PoolId, purpose: StoredPoolKey['purpose']): Promise<StoredPoolKey> => {
    const secret = Buffer.from(randomBytes(KEY_BYTES));
    return wrapPoolKey(kms, { poolId, purpose, version: 1 }, secret).finally(() => secret.fill(0));
  };

  return {
    createPoolKeys: (poolId) => Promise.all([createKey(poolId, 'seal'), createKey(poolId, 'index')]),
    async pool(poolId) {
      const entry = held.get(poolId);
      if (entry === undefined) return loadOnce(poolId);
      if (!entry.isStale()) {
        hold(poolId, entry);
        return entry.vault;
      }
      // The keys held still open all that they ever opened: a key service that is away must not stop those
      // reads.
      return loadOnce(poolId).catch(() => entry.vault);
    },
    refresh: load,
  };
}
