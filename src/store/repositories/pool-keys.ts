import type { PoolKeyStore, StoredPoolKey } from '../../core/ports.ts';
import type { Session } from '../session.ts';

interface Row {
  purpose: StoredPoolKey['purpose'];
  version: number;
  root_key_id: string;
  wrapped: Buffer;
}

export function createPoolKeyStore(session: Session): PoolKeyStore {
  return {
    async listPoolKeys(poolId) {
      const { rows } = await session.query<Row>({
        text: `select purpose, version, root_key_id, wrapped from pool_keys
               where pool_id = $1::uuid order by purpose, version`,
        parameters: [poolId],
      });
      return rows.map(({ root_key_id: rootKeyId, ...row }) => ({ poolId, rootKeyId, ...row }));
    },
  };
}

/** Which root keys stored pool keys need; asked once, at the start. */
export async function listRootKeyIds(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ root_key_id: string }>({
    text: '/* scatter: once at the start */ select distinct root_key_id from pool_keys order by root_key_id',
    parameters: [],
  });
  return rows.map((row) => row.root_key_id);
}
