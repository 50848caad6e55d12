import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { IdentifyConfig } from './config.ts';

/** What was ever set of a project, with its secrets sealed. */
export interface StoredIdentifySettings {
  readonly definition: Partial<IdentifyConfig>;
  readonly secrets: Buffer | null;
}

/** What operators set of the identify surface. Reading it is a part of the pool's configuration. */
export interface IdentifySettingsStore {
  transaction<T>(work: (tx: IdentifySettingsStore) => Promise<T>): Promise<T>;
  /** Locked against other changes of it. */
  lockSettings(poolId: PoolId): Promise<StoredIdentifySettings>;
  /** All of them, and the origins that browsers may ask from. */
  saveSettings(poolId: PoolId, settings: StoredIdentifySettings): Promise<void>;
  /** Whether any project lists one of these origins. */
  listsOrigin(candidates: readonly string[]): Promise<boolean>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
