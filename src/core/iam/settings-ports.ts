import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { IamConfig } from './config.ts';

/** What operators set of a pool's credentials. Reading it is a part of the pool's configuration. */
export interface IamSettingsStore {
  transaction<T>(work: (tx: IamSettingsStore) => Promise<T>): Promise<T>;
  /** What was ever set, locked against other changes of it. */
  lockSettings(poolId: PoolId): Promise<Partial<IamConfig>>;
  /** What is not named stays. */
  saveSettings(poolId: PoolId, change: Partial<IamConfig>): Promise<void>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
