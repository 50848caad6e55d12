import type { IdentityId } from '../../core/ports.ts';
import type { CodeStore } from '../../core/self-service/ports.ts';
import type { Session } from '../session.ts';

const PUT = `
  insert into flow_codes (pool_id, flow_id, purpose, address_digest, code_digest, identity_id, expires_at)
  values ($1::uuid, $2::uuid, $3::text, $4::bytea, $5::bytea, $6::uuid, $7::timestamptz)
  on conflict (pool_id, flow_id, purpose, address_digest) do update
    set code_digest = excluded.code_digest, identity_id = excluded.identity_id, expires_at = excluded.expires_at,
        used_at = null`;

// The flow's row comes first: those who try at once queue up there.
const USE = `
  with tried as (
      update flows set submit_count = flows.submit_count + 1
      where pool_id = $1::uuid and id = $2::uuid and finished_at is null and expires_at > $6::timestamptz
        and submit_count < $7::integer
      returning id),
    used as (
      update flow_codes set used_at = $6::timestamptz
      where pool_id = $1::uuid and flow_id = any(array(select tried.id from tried)) and purpose = $3::text
        and address_digest = any($4::bytea[]) and code_digest = $5::bytea
        and used_at is null and expires_at > $6::timestamptz
      returning address_digest, identity_id)
  select tried.id, used.address_digest, used.identity_id from tried left join used on true limit 1`;

interface UseColumns {
  address_digest: Buffer | null;
  identity_id: IdentityId | null;
}

export function createCodeStore(session: Session): CodeStore {
  return {
    async putCode({ poolId, flowId, purpose, addressDigest, codeDigest, identityId, expiresAt }) {
      const parameters = [poolId, flowId, purpose, addressDigest, codeDigest, identityId, expiresAt];
      await session.query({ text: PUT, parameters });
    },
    async useCode({ poolId, flowId, purpose, addressDigests, codeDigest, at, submissionsMax }) {
      const { rows } = await session.query<UseColumns>({
        text: USE,
        parameters: [poolId, flowId, purpose, addressDigests, codeDigest, at, submissionsMax],
      });
      const [row] = rows;
      if (row === undefined) return { isCounted: false, used: null };
      const { address_digest: addressDigest, identity_id: identityId } = row;
      return { isCounted: true, used: addressDigest === null ? null : { addressDigest, identityId } };
    },
  };
}
