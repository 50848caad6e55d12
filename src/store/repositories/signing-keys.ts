import type { PublicKeyMaterial, SigningKeyId, SigningKeyStore } from '../../core/jwt/ports.ts';
import type { Session } from '../session.ts';

const FIND = `
  select k.id, k.public_key, k.sealed, k.created_at, s.config_version from signing_keys k
  join pool_states s on s.pool_id = $1::uuid
  where k.pool_id = $1::uuid`;

const INSERT = `
  insert into signing_keys (pool_id, id, public_key, sealed, created_at)
  values ($1::uuid, $2::uuid, $3::text::jsonb, $4::bytea, $5::timestamptz)
  on conflict (pool_id) do nothing`;

interface Row {
  id: SigningKeyId;
  public_key: PublicKeyMaterial;
  sealed: Buffer;
  created_at: Date;
  config_version: number;
}

export function createSigningKeyStore(session: Session): SigningKeyStore {
  return {
    async findKey(poolId) {
      const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId] });
      const [row] = rows;
      if (row === undefined) return null;
      const { id, public_key: publicKey, sealed, created_at: createdAt, config_version: configVersion } = row;
      return { key: { poolId, id, publicKey, sealed, createdAt }, configVersion };
    },
    async insertKey({ poolId, id, publicKey, sealed, createdAt }) {
      const parameters = [poolId, id, JSON.stringify(publicKey), sealed, createdAt];
      await session.query({ text: INSERT, parameters });
    },
  };
}
