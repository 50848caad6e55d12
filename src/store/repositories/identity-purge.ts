import type { IdentityStore } from '../../core/identities/ports.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { Session } from '../session.ts';
import { nextSlot } from './tally.ts';

const LIST = `
  select id from identities
  where pool_id = $1::uuid and not is_open and updated_at < $2::timestamptz and ($3::uuid is null or id > $3::uuid)
  order by id limit $4::integer`;

// Keys, identifiers and documents go with the row (foreign keys); files are queued before that. Totals fall by what was really removed.
const REMOVE = `
  with marks as (
      select u.id, u.audit_id, u.event_id from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as u(id, audit_id, event_id)),
    queued as (
      insert into blob_removals (pool_id, object_name)
      select distinct $1::uuid, d.object_name from marks
      join identities i on i.pool_id = $1::uuid and i.id = marks.id and not i.is_open
      join documents d on d.pool_id = $1::uuid and d.identity_id = marks.id
      on conflict (pool_id, object_name) do nothing
      returning 1),
    record as (
      delete from identities using marks
      where identities.pool_id = $1::uuid and identities.id = marks.id and not identities.is_open
      returning identities.id, identities.last_seen_at, identities.status, identities.verification_status,
        identities.standing ->> 'typeId' as type_id,
        marks.audit_id, marks.event_id),
    counted as (
      insert into tallies (pool_id, name, slot, n)
      select $1::uuid, u.name, $6::smallint, -sum(u.n)
      from record, lateral (values ('identities', 1), ('closed', 1),
        ('seen', (record.last_seen_at is not null)::integer),
        ('seen_closed', (record.last_seen_at is not null)::integer),
        ('listed:' || record.verification_status, (record.status = 'erased')::integer),
        ('type:' || record.type_id, (record.status = 'erased')::integer)) as u(name, n)
      where u.name is not null
      group by u.name order by u.name
      on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n
      returning 1),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, record.audit_id, $5::timestamptz, null, null, 'identity.purged', record.id, '{}' from record
      returning 1),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, record.event_id, $5::timestamptz, 'identity.purged', record.id, '{}' from record
      returning 1)
  select count(*)::integer as n from record`;

export function purgeMethods(session: Session): Pick<IdentityStore, 'listClosed' | 'removeClosed'> {
  return {
    async listClosed(poolId, { before, after, limit }) {
      const { rows } = await session.query<{ id: IdentityId }>({
        text: LIST,
        parameters: [poolId, before, after, limit],
      });
      return rows.map((row) => row.id);
    },
    async removeClosed(poolId, { marks, at }) {
      const { rows } = await session.query<{ n: number }>({
        text: REMOVE,
        parameters: [
          poolId,
          marks.map((mark) => mark.id),
          marks.map((mark) => mark.auditId),
          marks.map((mark) => mark.eventId),
          at,
          nextSlot(),
        ],
      });
      return rows[0]?.n ?? 0;
    },
  };
}
