import type { SchemaStore } from '../../core/schemas/ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LIST = 'select id from identity_schemas where pool_id = $1::uuid';

const SAVE = `
  insert into identity_schemas (pool_id, id, schema, is_default, created_at)
  values ($1::uuid, $2::text, $3::text::jsonb, false, $4::timestamptz)
  on conflict (pool_id, id) do update set schema = excluded.schema`;

// The condition is that of the index. The schema that it leaves out is never removed.
const IS_USED = `
  select exists (
    select 1 from identities
    where pool_id = $1::uuid and schema_id = $2::text and schema_id <> 'default') as used`;

const IS_DEFAULT = `
  select is_default from identity_schemas where pool_id = $1::uuid and id = $2::text`;

const REMOVE = 'delete from identity_schemas where pool_id = $1::uuid and id = $2::text';

const MARK_DEFAULT = `
  update identity_schemas set is_default = (id = $2::text)
  where pool_id = $1::uuid and is_default <> (id = $2::text)`;

/** Schemas of traits as operators set them. Reading them is a part of the pool's configuration; see `pool-configs.ts`. */
export function createSchemaStore(session: Session): SchemaStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  const all = async <Row>(text: string, ...parameters: unknown[]): Promise<Row[]> =>
    (await session.query<Row>({ text, parameters })).rows;

  return {
    transaction: (work) => session.transaction((tx) => work(createSchemaStore(tx))),
    listSchemaIds: async (poolId) => (await all<{ id: string }>(LIST, poolId)).map(({ id }) => id),
    async saveSchema(poolId, { id, document, createdAt }) {
      await all(SAVE, poolId, id, JSON.stringify(document), createdAt);
    },
    isSchemaUsed: async (poolId, id) => (await all<{ used: boolean }>(IS_USED, poolId, id))[0]?.used === true,
    isDefault: async (poolId, id) =>
      (await all<{ is_default: boolean }>(IS_DEFAULT, poolId, id))[0]?.is_default === true,
    async removeSchema(poolId, id) {
      await all(REMOVE, poolId, id);
    },
    async markDefault(poolId, id) {
      await all(MARK_DEFAULT, poolId, id);
    },
    raiseConfigVersion,
    record,
  };
}
