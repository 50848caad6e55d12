import type { TypeStore } from '../../core/verification/type-ports.ts';
import type { Session } from '../session.ts';

export function createTypeStore(session: Session): TypeStore {
  const write = async (text: string, parameters: unknown[]): Promise<number> =>
    (await session.query({ text, parameters })).rows.length;
  return {
    async insertType(poolId, { id, name, definition, isDefault }, at) {
      const made = await write(
        `insert into identity_types (pool_id, id, name, definition, is_default, created_at, updated_at)
         values ($1::uuid, $2::uuid, $3::text, $4::text::jsonb, $5::boolean, $6::timestamptz, $6::timestamptz)
         on conflict (pool_id, name) do nothing returning 1 as n`,
        [poolId, id, name, JSON.stringify(definition), isDefault, at],
      );
      return made === 1;
    },
    async updateType(poolId, { id, definition, isDefault }, at) {
      await write(
        `update identity_types set definition = $3::text::jsonb, is_default = $4::boolean, updated_at = $5::timestamptz
         where pool_id = $1::uuid and id = $2::uuid`,
        [poolId, id, JSON.stringify(definition), isDefault, at],
      );
    },
    async deleteType(poolId, id) {
      await write('delete from identity_types where pool_id = $1::uuid and id = $2::uuid', [poolId, id]);
    },
    async clearDefault(poolId, except, at) {
      await write(
        `update identity_types set is_default = false, updated_at = $3::timestamptz
         where pool_id = $1::uuid and is_default and id <> $2::uuid`,
        [poolId, except, at],
      );
    },
    async insertField(poolId, { id, typeId, name, definition }, at) {
      const made = await write(
        `insert into custom_fields (pool_id, id, type_id, name, definition, created_at, updated_at)
         values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text::jsonb, $6::timestamptz, $6::timestamptz)
         on conflict (pool_id, type_id, name) do nothing returning 1 as n`,
        [poolId, id, typeId, name, JSON.stringify(definition), at],
      );
      return made === 1;
    },
    async updateField(poolId, { id, definition }, at) {
      await write(
        `update custom_fields set definition = $3::text::jsonb, updated_at = $4::timestamptz
         where pool_id = $1::uuid and id = $2::uuid`,
        [poolId, id, JSON.stringify(definition), at],
      );
    },
    async deleteField(poolId, id) {
      await write('delete from custom_fields where pool_id = $1::uuid and id = $2::uuid', [poolId, id]);
    },
  };
}
