import type { IdentityId, PoolId } from '../ports.ts';

/** What callers link, and what merging leaves; the other types follow from equal attributes and are not stored. */
export type StoredRelationshipType = 'user_linked' | 'merged';

/** One direction of a relationship. */
export interface StoredRelationship {
  readonly id: string;
  readonly type: StoredRelationshipType;
  readonly identityId: IdentityId;
  readonly relatedId: IdentityId;
  readonly createdAt: Date;
}

export interface RelationshipStore {
  /** Both directions. @param relationship.metadata Sealed; null: none. */
  insertRelationship(
    poolId: PoolId,
    relationship: StoredRelationship & { metadata: Buffer | null },
  ): Promise<void>;
  /** Newest first, at most `limit`; those with deleted identities are left out. */
  listRelationships(poolId: PoolId, identityId: IdentityId, limit: number): Promise<StoredRelationship[]>;
  findRelationship(poolId: PoolId, identityId: IdentityId, id: string): Promise<StoredRelationship | null>;
  /** One direction of it, whoever's it is. */
  findAnyRelationship(poolId: PoolId, id: string): Promise<StoredRelationship | null>;
  /** How many of a type an identity has, and how many of these with the other one. */
  countRelationships(
    poolId: PoolId,
    input: { identityId: IdentityId; relatedId: IdentityId; type: StoredRelationshipType },
  ): Promise<{ all: number; withRelated: number }>;
  /** Sealed metadata by relationship id, where there are any. */
  findMetadata(
    poolId: PoolId,
    identityId: IdentityId,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Buffer>>;
  /** Both directions. */
  deleteRelationship(poolId: PoolId, relationship: StoredRelationship): Promise<void>;
}
