import type { IdentityId } from '../../core/ports.ts';
import type {
  RelationshipStore,
  StoredRelationship,
  StoredRelationshipType,
} from '../../core/verification/relationship-ports.ts';
import type { Session } from '../session.ts';

const INSERT = `
  insert into relationships (pool_id, identity_id, id, related_id, type, metadata, created_at)
  values ($1::uuid, $2::uuid, $4::uuid, $3::uuid, $5::text, $6::bytea, $7::timestamptz),
    ($1::uuid, $3::uuid, $4::uuid, $2::uuid, $5::text, $6::bytea, $7::timestamptz)
  returning 1 as n`;

const COLUMNS = 'l.id, l.type, l.identity_id, l.related_id, l.created_at';

// The newest by id: ids are made when relationships are.
const LIST = `
  select ${COLUMNS} from relationships l
  join identities r on r.pool_id = $1::uuid and r.id = l.related_id
  where l.pool_id = $1::uuid and l.identity_id = $2::uuid and r.status <> 'deleted'
  order by l.id desc limit $3::integer`;

const FIND = `
  select ${COLUMNS} from relationships l
  where l.pool_id = $1::uuid and l.identity_id = $2::uuid and l.id = $3::uuid`;

const FIND_ANY = `
  select ${COLUMNS} from relationships l where l.pool_id = $1::uuid and l.id = $2::uuid
  order by l.identity_id limit 1`;

const COUNT = `
  select count(*)::integer as "all", (count(*) filter (where l.related_id = $3::uuid))::integer as "withRelated"
  from relationships l
  where l.pool_id = $1::uuid and l.identity_id = $2::uuid and l.type = $4::text`;

interface Row {
  id: string;
  type: StoredRelationshipType;
  identity_id: IdentityId;
  related_id: IdentityId;
  created_at: Date;
}

function toRelationship(row: Row): StoredRelationship {
  const { id, type, identity_id: identityId, related_id: relatedId, created_at: createdAt } = row;
  return { id, type, identityId, relatedId, createdAt };
}

export function createRelationshipStore(session: Session): RelationshipStore {
  return {
    async insertRelationship(poolId, { id, type, identityId, relatedId, createdAt, metadata }) {
      await session.query({
        text: INSERT,
        parameters: [poolId, identityId, relatedId, id, type, metadata, createdAt],
      });
    },
    async listRelationships(poolId, identityId, limit) {
      const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, identityId, limit] });
      return rows.map(toRelationship);
    },
    async findRelationship(poolId, identityId, id) {
      const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId, identityId, id] });
      return rows[0] === undefined ? null : toRelationship(rows[0]);
    },
    async findAnyRelationship(poolId, id) {
      const { rows } = await session.query<Row>({ text: FIND_ANY, parameters: [poolId, id] });
      return rows[0] === undefined ? null : toRelationship(rows[0]);
    },
    async countRelationships(poolId, { identityId, relatedId, type }) {
      const { rows } = await session.query<{ all: number; withRelated: number }>({
        text: COUNT,
        parameters: [poolId, identityId, relatedId, type],
      });
      return rows[0] ?? { all: 0, withRelated: 0 };
    },
    async findMetadata(poolId, identityId, ids) {
      const { rows } = await session.query<{ id: string; metadata: Buffer }>({
        text: `select id, metadata from relationships
               where pool_id = $1::uuid and identity_id = $2::uuid and id = any($3::uuid[]) and metadata is not null`,
        parameters: [poolId, identityId, ids],
      });
      return new Map(rows.map(({ id, metadata }) => [id, metadata]));
    },
    async deleteRelationship(poolId, { id, identityId, relatedId }) {
      await session.query({
        text: `delete from relationships
               where pool_id = $1::uuid and identity_id = any($2::uuid[]) and id = $3::uuid`,
        parameters: [poolId, [identityId, relatedId], id],
      });
    },
  };
}
