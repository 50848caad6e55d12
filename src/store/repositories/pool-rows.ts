import type { AuditEvent, OrganisationStore, Unplaced } from '../../core/pools/ports.ts';
import type { PoolId, StoredPoolKey } from '../../core/ports.ts';
import type { Session } from '../session.ts';

/** What a new pool needs besides its own row: its state, its keys, its first schema. */
export async function insertPoolRows(
  session: Session,
  poolId: PoolId,
  keys: readonly StoredPoolKey[],
  schema: { id: string; schema: unknown },
  at: Date,
): Promise<void> {
  await session.query({ text: 'insert into pool_states (pool_id) values ($1::uuid)', parameters: [poolId] });
  for (const key of keys) {
    await session.query({
      text: `insert into pool_keys (pool_id, purpose, version, root_key_id, wrapped, created_at)
             values ($1::uuid, $2::text, $3::integer, $4::text, $5::bytea, $6::timestamptz)`,
      parameters: [poolId, key.purpose, key.version, key.rootKeyId, key.wrapped, at],
    });
  }
  await session.query({
    text: `insert into identity_schemas (pool_id, id, schema, is_default, created_at)
           values ($1::uuid, $2::text, $3::text::jsonb, true, $4::timestamptz)`,
    parameters: [poolId, schema.id, JSON.stringify(schema.schema), at],
  });
}

/** An audit entry on its own: of what nobody is told by an event. */
export async function insertAuditEntry(session: Session, stamp: Unplaced, event: AuditEvent): Promise<void> {
  const { poolId, auditId, at, keyId, requestId, origin = null } = stamp;
  const { action, subjectId, fields } = event;
  await session.query({
    text: `insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
           values ($1::uuid, $2::uuid, $3::timestamptz, $4::uuid, $5::text, $6::text, $7::uuid, $8::text[],
             $9::bytea)`,
    parameters: [poolId, auditId, at, keyId, requestId, action, subjectId, fields, origin],
  });
}

export function poolStateWrites(
  session: Session,
): Pick<OrganisationStore, 'raiseConfigVersion' | 'factorUse' | 'record'> {
  return {
    async raiseConfigVersion(poolId) {
      // FOR UPDATE conflicts with the writers' FOR KEY SHARE; a plain update of this column would not.
      await session.query({
        text: 'select 1 as one from pool_states where pool_id = $1::uuid for update',
        parameters: [poolId],
      });
      await session.query({
        text: 'update pool_states set config_version = config_version + 1 where pool_id = $1::uuid',
        parameters: [poolId],
      });
    },

    async factorUse(poolId) {
      const { rows } = await session.query<{ name: string; n: number }>({
        text: 'select name, sum(n)::bigint as n from tallies where pool_id = $1::uuid group by name',
        parameters: [poolId],
      });
      const counts = new Map(rows.map(({ name, n }) => [name, Number(n)]));
      const prefix = 'factor:';
      const factors = [...counts].filter(([name]) => name.startsWith(prefix));
      return {
        extant: (counts.get('identities') ?? 0) - (counts.get('closed') ?? 0),
        byName: new Map(factors.map(([name, n]) => [name.slice(prefix.length), n])),
      };
    },

    async record(stamp, event) {
      await insertAuditEntry(session, stamp, event);
      const { poolId, eventId, at } = stamp;
      const { action, subjectId, fields } = event;
      await session.query({
        text: `insert into outbox (pool_id, id, at, type, subject_id, fields)
               values ($1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::uuid, $6::text[])`,
        parameters: [poolId, eventId, at, action, subjectId, fields],
      });
    },
  };
}
