import type { OutsideTokenStore } from '../../core/identify/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const DENY = `
  insert into identify_denied_tokens (pool_id, digest, expires_at) values ($1::uuid, $2::bytea, $3::timestamptz)
  on conflict (pool_id, digest) do update
  set expires_at = greatest(identify_denied_tokens.expires_at, excluded.expires_at)`;

const IS_DENIED = `
  select exists (select 1 from identify_denied_tokens d where d.pool_id = $1::uuid and d.digest = $2::bytea) as is_denied`;

const KEEP = `
  insert into identify_outside_refresh (pool_id, digest, identity_id, expires_at)
  values ($1::uuid, $2::bytea, $3::uuid, $4::timestamptz)
  on conflict (pool_id, digest) do update set expires_at = excluded.expires_at`;

const FIND = `
  select r.identity_id, r.revoked_at is not null as is_revoked from identify_outside_refresh r
  where r.pool_id = $1::uuid and r.digest = $2::bytea`;

const REVOKE = `
  update identify_outside_refresh set revoked_at = $3::timestamptz
  where pool_id = $1::uuid and identity_id = $2::uuid and revoked_at is null`;

export function createOutsideTokenStore(session: Session): OutsideTokenStore {
  return {
    async denyToken(poolId, { digest, expiresAt }) {
      await session.query({ text: DENY, parameters: [poolId, digest, expiresAt] });
    },
    async isDenied(poolId, digest) {
      const { rows } = await session.query<{ is_denied: boolean }>({
        text: IS_DENIED,
        parameters: [poolId, digest],
      });
      return rows[0]?.is_denied === true;
    },
    async keepRefresh(poolId, { digest, identityId, expiresAt }) {
      await session.query({ text: KEEP, parameters: [poolId, digest, identityId, expiresAt] });
    },
    async findRefresh(poolId, digest) {
      const { rows } = await session.query<{ identity_id: IdentityId; is_revoked: boolean }>({
        text: FIND,
        parameters: [poolId, digest],
      });
      const [row] = rows;
      return row === undefined ? null : { identityId: row.identity_id, isRevoked: row.is_revoked };
    },
    async revokeRefreshOf(poolId, identityId, at) {
      await session.query({ text: REVOKE, parameters: [poolId, identityId, at] });
    },
  };
}
