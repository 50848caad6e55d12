import type { Announcement, EventData } from '../../core/identities/ports.ts';
import type { AuditEvent, Stamp } from '../../core/pools/ports.ts';

/**
 * When an event was told to everybody whom it concerns: at once, where the pool has no endpoint that is switched on.
 * Nothing has to look at it again then. Null where there is one, for the feed to take.
 *
 * @param at SQL of the event's time.
 */
export function unheardSql(at: string): string {
  return `case when not exists (
        select 1 from webhook_endpoints w where w.pool_id = $1::uuid and w.is_active) then ${at} end`;
}

/**
 * Audit entry and outbox events of one change (R7), as the last two parts of a hot write. The parts run only when
 * `record`, an earlier part, returned a row; it returns `version`.
 *
 * @param first Number of the first of the eleven parameters that `stampParameters` gives.
 * @param of The part that is stamped, where a statement has several; `record` otherwise.
 */
export function stampSql(first: number, of = 'record'): string {
  const prefix = of === 'record' ? '' : `${of}_`;
  const at = (offset: number, type: string) => `$${first + offset}::${type}`;
  return `${prefix}audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
      select $1::uuid, ${at(0, 'uuid')}, ${at(1, 'timestamptz')}, ${at(2, 'uuid')}, ${at(3, 'text')},
             ${at(4, 'text')}, ${at(5, 'uuid')}, ${at(6, 'text[]')}, ${at(7, 'bytea')} from ${of}
      returning 1),
    ${prefix}announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields, subject_version, data, fanned_out_at)
      select $1::uuid, u.id, ${at(1, 'timestamptz')}, u.type, ${at(5, 'uuid')}, ${at(6, 'text[]')},
             ${of}.version, ${at(10, 'text')}::jsonb, ${unheardSql(at(1, 'timestamptz'))}
      from ${of}, unnest(${at(8, 'uuid[]')}, ${at(9, 'text[]')}) as u(id, type)
      returning 1)`;
}

export function stampParameters(input: {
  stamp: Stamp;
  event: AuditEvent;
  announcements: readonly Announcement[];
  eventData: EventData;
}): unknown[] {
  const { stamp, event, announcements, eventData } = input;
  const { auditId, at, keyId, requestId, origin } = stamp;
  return [
    ...[auditId, at, keyId, requestId, event.action, event.subjectId, event.fields, origin],
    announcements.map(({ id }) => id),
    announcements.map(({ type }) => type),
    JSON.stringify({
      external_ref: eventData.externalRef,
      status: eventData.status,
      ...(eventData.identityId === undefined ? {} : { identity_id: eventData.identityId }),
      ...(eventData.exceptions === undefined ? {} : { exceptions: eventData.exceptions }),
      ...(eventData.operations === undefined ? {} : { operations: eventData.operations }),
    }),
  ];
}
