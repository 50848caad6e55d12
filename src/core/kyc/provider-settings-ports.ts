import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { KycProviderConfig } from './config.ts';

/** A provider as its operator set it, with its secret sealed. */
export interface StoredProvider {
  readonly config: KycProviderConfig;
  /** Of an outside one. */
  readonly sealedSecret: Buffer | null;
}

/** What operators set of the providers of a pool. */
export interface ProviderSettingsStore {
  transaction<T>(work: (tx: ProviderSettingsStore) => Promise<T>): Promise<T>;
  /** Locked against other changes of it. Null: nothing was ever set of it. */
  lockProvider(poolId: PoolId, slug: string): Promise<StoredProvider | null>;
  countProviders(poolId: PoolId): Promise<number>;
  saveProvider(poolId: PoolId, provider: StoredProvider, at: Date): Promise<void>;
  /** @returns False when there is none. */
  removeProvider(poolId: PoolId, slug: string): Promise<boolean>;
  /** Has a saved provider asked about whoever is there; see `CatchUp`. From the beginning, where it was under way. */
  startCatchUp(poolId: PoolId, slug: string): Promise<void>;
  stopCatchUp(poolId: PoolId, slug: string): Promise<void>;
  /** With the pool's configuration version at the moment of reading: its keys of then, or later ones, open it. */
  findSecret(
    poolId: PoolId,
    slug: string,
  ): Promise<{ readonly sealedSecret: Buffer; readonly configVersion: number } | null>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
