import type { OutsideTokenStore } from '../../core/identify/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const DENY = `
  insert into identify_denied_tokens (pool_id, digest, expires_at) values ($1::uuid, $2::bytea, $3::timestamptz)
  on conflict (pool_id, digest) do update
  set expires_at = greatest(identify_denied_tokens.expires_at, excluded.expires_at)`;

const IS_DENIED = `
  select exists (select 1 from identify_denied_tokens d where d.pool_id = $1::uuid and d.digest = $2::bytea) as is_denied`;

// The key is held until the transaction ends, so that a rotation of it either comes first, and then it is another one,
// or finds this box.
const KEEP = `
  with held as (
      select k.identity_id from identity_keys k
      where k.pool_id = $1::uuid and k.identity_id = $3::uuid and k.wrapped = $4::bytea
      for share),
    replaced as (
      update identify_outside_refresh set box = null from held
      where identify_outside_refresh.pool_id = $1::uuid and identify_outside_refresh.digest = $7::bytea
      returning 1)
  insert into identify_outside_refresh (pool_id, digest, identity_id, box, expires_at)
  select $1::uuid, $2::bytea, held.identity_id, $5::bytea, $6::timestamptz from held
  on conflict (pool_id, digest) do update
  set identity_id = excluded.identity_id, expires_at = excluded.expires_at,
      box = case when identify_outside_refresh.revoked_at is null then excluded.box end
  returning 1 as n`;

const FIND = `
  select r.identity_id, r.revoked_at is not null as is_revoked from identify_outside_refresh r
  where r.pool_id = $1::uuid and r.digest = $2::bytea`;

// With the key in the same statement: boxes and key belong together also while keys are rotated.
const LIST = `
  select r.digest, r.box, k.wrapped, s.config_version
  from identify_outside_refresh r
  join identity_keys k on k.pool_id = $1::uuid and k.identity_id = $2::uuid
  join pool_states s on s.pool_id = $1::uuid
  where r.pool_id = $1::uuid and r.identity_id = $2::uuid and r.box is not null and r.revoked_at is null
    and r.expires_at > $3::timestamptz
  order by r.expires_at desc, r.digest limit $4::integer`;

// Locked in the order of digests, as by a rotation, so that the two never wait for each other.
const REVOKE = `
  with valid as (
      select r.digest from identify_outside_refresh r
      where r.pool_id = $1::uuid and r.identity_id = $2::uuid and r.revoked_at is null
      order by r.digest
      for update)
  update identify_outside_refresh set revoked_at = $3::timestamptz, box = null
  where pool_id = $1::uuid and digest = any(array(select valid.digest from valid))`;

interface SealedRow {
  digest: Buffer;
  box: Buffer;
  wrapped: Buffer;
  config_version: number;
}

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
    async keepRefresh(poolId, { digest, replaced, identityId, wrappedKey, box, expiresAt }) {
      const parameters = [poolId, digest, identityId, wrappedKey, box, expiresAt, replaced];
      return (await session.query({ text: KEEP, parameters })).rows.length === 1;
    },
    async findRefresh(poolId, digest) {
      const { rows } = await session.query<{ identity_id: IdentityId; is_revoked: boolean }>({
        text: FIND,
        parameters: [poolId, digest],
      });
      const [row] = rows;
      return row === undefined ? null : { identityId: row.identity_id, isRevoked: row.is_revoked };
    },
    async listRefresh(poolId, identityId, { now, limit }) {
      const { rows } = await session.query<SealedRow>({
        text: LIST,
        parameters: [poolId, identityId, now, limit],
      });
      return rows.map(({ digest, box, wrapped: wrappedKey, config_version: configVersion }) => {
        return { digest, box, wrappedKey, configVersion };
      });
    },
    async revokeRefreshOf(poolId, identityId, at) {
      await session.query({ text: REVOKE, parameters: [poolId, identityId, at] });
    },
  };
}
