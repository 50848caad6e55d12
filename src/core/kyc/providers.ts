import type { PoolId } from '../ports.ts';
import type { KycProviderConfig } from './config.ts';
import type { KycProvider } from './provider.ts';

/** Providers at work, as operators of pools set them. */
export interface KycProviders {
  /** @throws Unavailable It cannot be had right now. */
  open(poolId: PoolId, config: KycProviderConfig): Promise<KycProvider>;
}
