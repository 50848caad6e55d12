import { NotFound } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { PoolConfig, PoolConfigStore } from './ports.ts';

const POOLS_MAX = 10_000;

/**
 * Pool configurations by version. What is kept may be old; whoever relies on one for a write has the store
 * compare its version in the same statement, and whoever refuses something because of one refreshes it first.
 */
export class PoolConfigs {
  readonly #store: PoolConfigStore;
  readonly #kept = new Map<PoolId, PoolConfig>();

  constructor(store: PoolConfigStore) {
    this.#store = store;
  }

  /** Some version of the configuration: enough for what never changes (account, partition, environment). */
  async any(poolId: PoolId): Promise<PoolConfig> {
    return this.#kept.get(poolId) ?? (await this.current(poolId));
  }

  /** The configuration as of `version`, or a later one. */
  async at(poolId: PoolId, version: number): Promise<PoolConfig> {
    return this.held(poolId, version) ?? (await this.current(poolId));
  }

  /** As `at`, when that takes no look into the database; else null. */
  held(poolId: PoolId, version: number): PoolConfig | null {
    const kept = this.#kept.get(poolId);
    return kept !== undefined && kept.version >= version ? kept : null;
  }

  /** As `current`, at the cost of a look at the version where what is kept is of that. */
  async confirmed(poolId: PoolId): Promise<PoolConfig> {
    const kept = this.#kept.get(poolId);
    const isCurrent = kept !== undefined && (await this.#store.isConfigVersion(poolId, kept.version));
    return isCurrent ? kept : this.current(poolId);
  }

  /** @throws NotFound There is no such pool. */
  async current(poolId: PoolId): Promise<PoolConfig> {
    const config = await this.#store.findPoolConfig(poolId);
    if (config === null) throw new NotFound();
    const kept = this.#kept.get(poolId);
    // Of two of one version the first: its schemas may be compiled already.
    if (kept !== undefined && kept.version >= config.version) return kept;
    if (this.#kept.size >= POOLS_MAX) this.#kept.clear();
    this.#kept.set(poolId, config);
    return config;
  }
}
