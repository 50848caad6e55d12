import type { IdentityInsert } from '../../core/identities/ports.ts';
import type { KeyId, PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const CLAIM = `
  insert into key_identities (pool_id, key_id, created_at) values ($1::uuid, $2::uuid, $3::timestamptz)
  on conflict (pool_id, key_id) do nothing
  returning 1 as n`;

const FIND = 'select 1 as n from key_identities where pool_id = $1::uuid and key_id = $2::uuid';

/**
 * Within the transaction that makes the identity. Of many at once one goes on; the others wait for what becomes of it.
 * @returns False when the key has made its only identity.
 */
export async function useUpKey(
  tx: Session,
  { poolId, limitedKeyId, stamp }: Pick<IdentityInsert, 'poolId' | 'limitedKeyId' | 'stamp'>,
): Promise<boolean> {
  if (limitedKeyId === null) return true;
  const { rows } = await tx.query({ text: CLAIM, parameters: [poolId, limitedKeyId, stamp.at] });
  return rows.length === 1;
}

export async function hasMadeIdentity(session: Session, poolId: PoolId, keyId: KeyId): Promise<boolean> {
  return (await session.query({ text: FIND, parameters: [poolId, keyId] })).rows.length === 1;
}
