import type { PoolId, PoolKeyStore, StoredPoolKey } from '../../core/ports.ts';
import type { Session } from '../session.ts';

interface Row {
  purpose: StoredPoolKey['purpose'] | null;
  version: number;
  root_key_id: string;
  wrapped: Buffer;
  config_version: number;
}

// One statement, so that keys and version are of one moment.
const LIST = `
  select k.purpose, k.version, k.root_key_id, k.wrapped, s.config_version
  from pool_states s
  left join pool_keys k on k.pool_id = $1::uuid
  where s.pool_id = $1::uuid
  order by k.purpose, k.version`;

export function createPoolKeyStore(session: Session): PoolKeyStore {
  return {
    async listPoolKeys(poolId) {
      const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId] });
      const keys = rows.flatMap(({ purpose, version, root_key_id: rootKeyId, wrapped }) =>
        purpose === null ? [] : [{ poolId, purpose, version, rootKeyId, wrapped }],
      );
      return { keys, configVersion: rows[0]?.config_version ?? 0 };
    },
  };
}

/** Which root keys stored pool keys need. */
export async function listRootKeyIds(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ root_key_id: string }>({
    text: `/* scatter: at the start, and by rotations */
           select distinct root_key_id from pool_keys order by root_key_id`,
    parameters: [],
  });
  return rows.map((row) => row.root_key_id);
}

/** Pools with a key that is not wrapped under this root key. */
export async function listPoolsUnderOthers(session: Session, rootKeyId: string): Promise<PoolId[]> {
  const { rows } = await session.query<{ pool_id: PoolId }>({
    text: `/* scatter: a rotation of the root key */
           select distinct pool_id from pool_keys where root_key_id <> $1::text order by pool_id`,
    parameters: [rootKeyId],
  });
  return rows.map((row) => row.pool_id);
}

/** @returns False when the pool has a key of that purpose and version already. */
export async function insertPoolKey(session: Session, key: StoredPoolKey, at: Date): Promise<boolean> {
  const { rows } = await session.query({
    text: `insert into pool_keys (pool_id, purpose, version, root_key_id, wrapped, created_at)
           values ($1::uuid, $2::text, $3::integer, $4::text, $5::bytea, $6::timestamptz)
           on conflict (pool_id, purpose, version) do nothing returning 1 as n`,
    parameters: [key.poolId, key.purpose, key.version, key.rootKeyId, key.wrapped, at],
  });
  return rows.length === 1;
}

/** Replaces a wrapping by another of the same key, unless somebody did meanwhile. */
export async function replacePoolKey(
  session: Session,
  from: StoredPoolKey,
  to: StoredPoolKey,
): Promise<void> {
  await session.query({
    text: `update pool_keys set root_key_id = $4::text, wrapped = $5::bytea
           where pool_id = $1::uuid and purpose = $2::text and version = $3::integer and wrapped = $6::bytea`,
    parameters: [from.poolId, from.purpose, from.version, to.rootKeyId, to.wrapped, from.wrapped],
  });
}
