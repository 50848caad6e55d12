import type { ResetCodeStore } from '../../core/identify/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const PUT = `
  insert into identify_codes (pool_id, address_digest, identity_id, code_digest, expires_at)
  values ($1::uuid, $2::bytea, $3::uuid, $4::bytea, $5::timestamptz)
  on conflict (pool_id, address_digest) do update
  set identity_id = excluded.identity_id, code_digest = excluded.code_digest, expires_at = excluded.expires_at,
      tries = 0, used_at = null`;

// The lock makes those who try at once come one after the other, each with what the others left.
const USE = `
  with known as (
      select c.identity_id, c.tries, c.code_digest = $3::bytea as is_right,
             c.used_at is not null or c.expires_at <= $4::timestamptz as is_over
      from identify_codes c where c.pool_id = $1::uuid and c.address_digest = $2::bytea for update),
    tried as (
      update identify_codes
      set tries = identify_codes.tries + case when known.is_right then 0 else 1 end,
          used_at = case when known.is_right and not known.is_over then $4::timestamptz else identify_codes.used_at end
      from known
      where identify_codes.pool_id = $1::uuid and identify_codes.address_digest = $2::bytea
        and known.tries < $5::integer
      returning 1)
  select known.identity_id, known.tries, known.is_right, known.is_over from known`;

interface Row {
  identity_id: IdentityId | null;
  tries: number;
  is_right: boolean;
  is_over: boolean;
}

export function createResetCodeStore(session: Session): ResetCodeStore {
  return {
    async putCode(poolId, { addressDigest, codeDigest, identityId, expiresAt }) {
      const parameters = [poolId, addressDigest, identityId, codeDigest, expiresAt];
      await session.query({ text: PUT, parameters });
    },
    async useCode(poolId, { addressDigest, codeDigest, at, triesMax }) {
      const { rows } = await session.query<Row>({
        text: USE,
        parameters: [poolId, addressDigest, codeDigest, at, triesMax],
      });
      const [row] = rows;
      if (row === undefined) return { outcome: 'wrong' };
      if (row.tries >= triesMax) return { outcome: 'too_many' };
      // The last try that may be wrong is told so, and is the end of it.
      if (!row.is_right) return { outcome: row.tries + 1 >= triesMax ? 'too_many' : 'wrong' };
      return row.is_over ? { outcome: 'expired' } : { outcome: 'used', identityId: row.identity_id };
    },
  };
}
