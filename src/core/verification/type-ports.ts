import type { PoolId } from '../ports.ts';
import type { FieldDefinition, TypeDefinition } from './config.ts';

interface Named<Definition> {
  readonly id: string;
  readonly name: string;
  readonly definition: Definition;
}

/**
 * Writes definitions of identity types and their fields; they are read as a part of the pool's configuration. Only
 * within a transaction that has raised the configuration's version, so that one at a time changes them.
 */
export interface TypeStore {
  /** @returns False when another type has the name. */
  insertType(
    poolId: PoolId,
    type: Named<TypeDefinition> & { isDefault: boolean },
    at: Date,
  ): Promise<boolean>;
  updateType(
    poolId: PoolId,
    type: { id: string; definition: TypeDefinition; isDefault: boolean },
    at: Date,
  ): Promise<void>;
  /** With its fields. */
  deleteType(poolId: PoolId, id: string): Promise<void>;
  /** No other type than this is the default. */
  clearDefault(poolId: PoolId, except: string, at: Date): Promise<void>;
  /** @returns False when another field of the type has the name. */
  insertField(poolId: PoolId, field: Named<FieldDefinition> & { typeId: string }, at: Date): Promise<boolean>;
  updateField(poolId: PoolId, field: { id: string; definition: FieldDefinition }, at: Date): Promise<void>;
  deleteField(poolId: PoolId, id: string): Promise<void>;
}
