import type { Grant } from '../../core/grants.ts';
import type {
  AccountId,
  ApiKeyStore,
  Environment,
  IdentityId,
  KeyId,
  KeyInflection,
  KeyKind,
  PoolId,
  StoredApiKey,
} from '../../core/ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const COLUMNS = `k.id, k.pool_id, k.secret_hash, k.label, k.grants, k.allowed_addresses, k.requests_per_minute,
  k.kind, k.api_version, k.key_inflection, k.single_identity, k.identity_id, k.note, k.created_at, k.expires_at, k.suspended_at, k.revoked_at,
  p.account_id, p.environment, a.partition
  from api_keys k join pools p on p.id = k.pool_id join accounts a on a.id = p.account_id`;

interface Row {
  id: KeyId;
  pool_id: PoolId;
  secret_hash: Buffer | null;
  label: string;
  grants: Grant[];
  allowed_addresses: string[] | null;
  requests_per_minute: number;
  kind: KeyKind;
  api_version: string | null;
  key_inflection: KeyInflection;
  single_identity: boolean;
  identity_id: IdentityId | null;
  note: string | null;
  created_at: Date;
  expires_at: Date | null;
  suspended_at: Date | null;
  revoked_at: Date | null;
  account_id: AccountId;
  environment: Environment;
  partition: number;
}

function toKey(row: Row): StoredApiKey {
  return {
    id: row.id,
    poolId: row.pool_id,
    accountId: row.account_id,
    partition: row.partition,
    environment: row.environment,
    kind: row.kind,
    label: row.label,
    note: row.note,
    grants: row.grants,
    allowedAddresses: row.allowed_addresses,
    requestsPerMinute: row.requests_per_minute,
    apiVersion: row.api_version,
    keyInflection: row.key_inflection,
    isSingleIdentity: row.single_identity,
    identityId: row.identity_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    suspendedAt: row.suspended_at,
    revokedAt: row.revoked_at,
    secretHash: row.secret_hash,
  };
}

// Each in one shape of parameters: the key, and the time where the change has one.
const CHANGES = {
  revoke: { set: 'revoked_at = coalesce(revoked_at, $2::timestamptz)', dated: true, action: 'key.revoked' },
  suspend: {
    set: 'suspended_at = coalesce(suspended_at, $2::timestamptz)',
    dated: true,
    action: 'key.suspended',
  },
  resume: { set: 'suspended_at = null', dated: false, action: 'key.resumed' },
};

export function createApiKeyStore(session: Session): ApiKeyStore {
  return {
    async findApiKey(id) {
      const { rows } = await session.query<Row>({
        text: `select ${COLUMNS} where k.id = $1::uuid`,
        parameters: [id],
      });
      return rows[0] === undefined ? null : toKey(rows[0]);
    },

    async findKeyOfIdentity(poolId, identityId) {
      const { rows } = await session.query<Row>({
        text: `select ${COLUMNS}
               where k.pool_id = $1::uuid and k.identity_id = $2::uuid and k.revoked_at is null`,
        parameters: [poolId, identityId],
      });
      return rows[0] === undefined ? null : toKey(rows[0]);
    },

    async listApiKeys() {
      const { rows } = await session.query<Row & { last_used_at: Date | null }>({
        text: `/* scatter: an operator's command */
          select u.last_used_at, ${COLUMNS} left join key_uses u on u.pool_id = k.pool_id and u.key_id = k.id
          order by k.id`,
        parameters: [],
      });
      return rows.map((row) => {
        const { secretHash: _secretHash, ...key } = toKey(row);
        return { ...key, lastUsedAt: row.last_used_at };
      });
    },

    async insertApiKey(key, stamp) {
      return session.transaction(async (tx) => {
        const { rows } = await tx.query({
          text: `insert into api_keys (id, pool_id, secret_hash, label, grants, allowed_addresses,
                   requests_per_minute, created_at, expires_at, kind, api_version, key_inflection, note,
                   single_identity, identity_id)
                 values ($1::uuid, $2::uuid, $3::bytea, $4::text, $5::text[], $6::text[], $7::integer,
                   $8::timestamptz, $9::timestamptz, $10::text, $11::text, $12::text, $13::text,
                   $14::boolean, $15::uuid)
                 on conflict do nothing returning 1`,
          parameters: [
            key.id,
            key.poolId,
            key.secretHash,
            key.label,
            key.grants,
            key.allowedAddresses,
            key.requestsPerMinute,
            key.createdAt,
            key.expiresAt,
            key.kind,
            key.apiVersion,
            key.keyInflection,
            key.note,
            key.isSingleIdentity,
            key.identityId,
          ],
        });
        if (rows.length === 0) return false;
        const fields = [
          ...['label', 'grants', 'allowed_addresses', 'requests_per_minute', 'expires_at'],
          ...['kind', 'api_version', 'key_inflection', 'note', 'single_identity', 'identity_id'],
        ];
        await poolStateWrites(tx).record(stamp, { action: 'key.created', subjectId: key.id, fields });
        return true;
      });
    },

    async markApiKey(id, change, stamp) {
      const { set, dated, action } = CHANGES[change];
      await session.transaction(async (tx) => {
        await tx.query({
          text: `update api_keys set ${set} where id = $1::uuid`,
          parameters: dated ? [id, stamp.at] : [id],
        });
        await poolStateWrites(tx).record(stamp, { action, subjectId: id, fields: ['status'] });
      });
    },

    async recordKeyUses(uses) {
      const byPool = Map.groupBy(uses, (use) => use.poolId);
      for (const [poolId, of] of byPool) {
        await session.query({
          text: `insert into key_uses (pool_id, key_id, last_used_at)
                 select $1::uuid, u.key_id, u.at from unnest($2::uuid[], $3::timestamptz[]) as u(key_id, at)
                 order by u.key_id
                 on conflict (pool_id, key_id) do update
                   set last_used_at = greatest(key_uses.last_used_at, excluded.last_used_at)
                 returning 1`,
          parameters: [poolId, of.map((use) => use.keyId), of.map((use) => use.at)],
        });
      }
    },
  };
}
