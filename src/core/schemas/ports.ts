import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';

/**
 * Writes the schemas of a pool; they are read as a part of its configuration. Only within a transaction that has raised
 * the configuration's version, so that one at a time changes them and no writer of identities relies on the old ones.
 */
export interface SchemaStore {
  transaction<T>(work: (tx: SchemaStore) => Promise<T>): Promise<T>;
  listSchemaIds(poolId: PoolId): Promise<readonly string[]>;
  /** Adds it, or gives one that is there another document. */
  saveSchema(
    poolId: PoolId,
    schema: { readonly id: string; readonly document: unknown; readonly createdAt: Date },
  ): Promise<void>;
  /** Whether any identity is of the schema, closed ones included. */
  isSchemaUsed(poolId: PoolId, id: string): Promise<boolean>;
  isDefault(poolId: PoolId, id: string): Promise<boolean>;
  removeSchema(poolId: PoolId, id: string): Promise<void>;
  /** Makes it the only default. */
  markDefault(poolId: PoolId, id: string): Promise<void>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
