import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { VerificationConfig } from './config.ts';

/** What of a pool's verification an operator sets. */
export type VerificationSettings = Omit<VerificationConfig, 'types'>;

export interface VerificationSettingsStore {
  transaction<T>(work: (tx: VerificationSettingsStore) => Promise<T>): Promise<T>;
  /** Locks the row against other changes of it. Null: nothing was ever set, and defaults hold. */
  lockSettings(poolId: PoolId): Promise<VerificationSettings | null>;
  saveSettings(poolId: PoolId, settings: VerificationSettings): Promise<void>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
