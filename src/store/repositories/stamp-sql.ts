import type { AuditEvent, Stamp } from '../../core/pools/ports.ts';

/**
 * Audit entry and outbox event of one change (R7), as the last two parts of a hot write. The parts run only when
 * `record`, an earlier part, returned a row.
 *
 * @param first Number of the first of the ten parameters that `stampParameters` gives.
 */
export function stampSql(first: number): string {
  const at = (offset: number, type: string) => `$${first + offset}::${type}`;
  return `audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, ${at(0, 'uuid')}, ${at(1, 'timestamptz')}, ${at(2, 'uuid')}, ${at(3, 'text')},
             ${at(4, 'text')}, ${at(5, 'uuid')}, ${at(6, 'text[]')} from record
      returning 1),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, ${at(7, 'uuid')}, ${at(1, 'timestamptz')}, ${at(4, 'text')}, ${at(5, 'uuid')},
             ${at(6, 'text[]')} from record
      returning 1)`;
}

export function stampParameters(stamp: Stamp, event: AuditEvent): unknown[] {
  const { auditId, at, keyId, requestId, eventId } = stamp;
  return [auditId, at, keyId, requestId, event.action, event.subjectId, event.fields, eventId];
}
