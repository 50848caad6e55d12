import type { PoolId } from '../../core/ports.ts';
import type {
  SessionContentChange,
  SessionEnding,
  SessionExtension,
  SessionInsert,
  SessionMark,
  SessionSelection,
} from '../../core/sessions/ports.ts';
import type { Session } from '../session.ts';

/**
 * The key is held until the transaction ends, so that a rotation of it either comes first, and then it is another one,
 * or finds this box.
 * @param at Numbers of the parameters with the identity's id and its wrapped key.
 */
function heldSql(at: { identityId: number; wrapped: number }): string {
  return `held as (
      select k.identity_id from identity_keys k
      where k.pool_id = $1::uuid and k.identity_id = $${at.identityId}::uuid and k.wrapped = $${at.wrapped}::bytea
      for share)`;
}

/**
 * An audit entry for each identity that `record`, an earlier part, returned: `identity_id`.
 * @param first Number of the first of the seven parameters that `auditParameters` gives. The second is the time.
 */
function auditSql(first: number): string {
  const at = (offset: number, type: string) => `$${first + offset}::${type}`;
  return `audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
      select $1::uuid, u.id, ${at(1, 'timestamptz')}, ${at(2, 'uuid')}, ${at(3, 'text')}, ${at(4, 'text')},
             touched.identity_id, ${at(5, 'text[]')}, ${at(6, 'bytea')}
      from (
        select record.identity_id, row_number() over (order by record.identity_id) as n
        from record group by record.identity_id) touched
      join unnest(${at(0, 'uuid[]')}) with ordinality as u(id, n) on u.n = touched.n
      returning 1)`;
}

function auditParameters({ stamp, action, fields }: SessionMark, ids?: readonly string[]): unknown[] {
  const { auditId, at, keyId, requestId, origin } = stamp;
  return [ids ?? [auditId], at, keyId, requestId, action, fields, origin];
}

const DONE = 'select count(*)::integer as n from record';

// The identity comes first, as where it is changed: whoever changes it at the same moment, and ends its sessions, either
// has done so by now, and then its version is another one, or waits, and finds this session.
const INSERT = `
  with current as (
      select i.id from identities i
      where i.pool_id = $1::uuid and i.id = $3::uuid and i.version = $19::integer
      for share),
    held as (
      select k.identity_id from identity_keys k
      where k.pool_id = $1::uuid and k.identity_id = $3::uuid and k.wrapped = $4::bytea
        and k.identity_id = (select current.id from current)
      for share),
    record as (
      insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
        expires_at, box)
      select $1::uuid, $2::uuid, held.identity_id, $5::bytea, $6::bytea, $7::text, $8::timestamptz, $9::timestamptz,
        $10::timestamptz, $11::bytea
      from held
      returning identity_id),
    ${auditSql(12)}
  ${DONE}`;

// The box that was read is compared: of two changes at once the later one reads again.
const CHANGE = `
  with ${heldSql({ identityId: 3, wrapped: 4 })},
    record as (
      update sessions set aal = $5::text, authenticated_at = $6::timestamptz, box = $7::bytea
      from held
      where sessions.pool_id = $1::uuid and sessions.id = $2::uuid and sessions.identity_id = held.identity_id
        and sessions.box = $8::bytea and sessions.revoked_at is null and sessions.expires_at > $6::timestamptz
      returning sessions.identity_id),
    ${auditSql(9)}
  ${DONE}`;

const EXTEND = `
  with record as (
      update sessions set expires_at = $3::timestamptz
      where pool_id = $1::uuid and id = $2::uuid and revoked_at is null
        and expires_at < $3::timestamptz and expires_at < $4::timestamptz
      returning identity_id),
    ${auditSql(5)}
  ${DONE}`;

const CHOSEN: Record<SessionSelection['kind'], string> = {
  all: '',
  sessions: 'and t.id = any($10::uuid[]) and ($11::uuid is null or t.identity_id = $11::uuid)',
  identities: 'and t.identity_id = any($10::uuid[]) and t.id is distinct from $11::uuid',
};

// Locked in the order of ids, so that two of these never wait for each other. One more than is ended is looked at.
const end = (kind: SessionSelection['kind'], how: SessionEnding['how']): string => `
  with chosen as (
      select t.id from sessions t
      where t.pool_id = $1::uuid ${how === 'disable' ? 'and t.revoked_at is null' : ''} ${CHOSEN[kind]}
      order by t.id limit $2::integer + 1
      for update),
    record as (
      ${how === 'disable' ? 'update sessions set revoked_at = $4::timestamptz' : 'delete from sessions'}
      where sessions.pool_id = $1::uuid ${how === 'disable' ? 'and sessions.revoked_at is null' : ''}
        and sessions.id = any(array(select chosen.id from chosen order by chosen.id limit $2::integer))
      returning sessions.identity_id),
    ${auditSql(3)}
  select (select count(*) from record)::integer as n, (select count(*) from chosen)::integer as found`;

export async function insertSession(session: Session, insert: SessionInsert): Promise<boolean> {
  const { poolId, id, identityId, aal, issuedAt, authenticatedAt, expiresAt, box } = insert.session;
  return isDone(session, INSERT, [
    ...[poolId, id, identityId, insert.wrappedKey, insert.tokenDigest, insert.logoutDigest],
    ...[aal, issuedAt, authenticatedAt, expiresAt, box],
    ...auditParameters(insert),
    insert.ownerVersion,
  ]);
}

export async function changeContent(session: Session, change: SessionContentChange): Promise<boolean> {
  const { poolId, id, identityId, aal, authenticatedAt, box } = change.session;
  return isDone(session, CHANGE, [
    ...[poolId, id, identityId, change.wrappedKey, aal, authenticatedAt, box, change.from],
    ...auditParameters(change),
  ]);
}

export async function extendSession(
  session: Session,
  poolId: PoolId,
  extension: SessionExtension,
): Promise<boolean> {
  const { id, expiresAt, ifExpiresBefore } = extension;
  return isDone(session, EXTEND, [poolId, id, expiresAt, ifExpiresBefore, ...auditParameters(extension)]);
}

export async function endSessions(
  session: Session,
  poolId: PoolId,
  { which, how, limit, auditIds, ...mark }: SessionEnding,
): Promise<{ count: number; more: boolean }> {
  const { rows } = await session.query<{ n: number; found: number }>({
    text: end(which.kind, how),
    parameters: [poolId, limit, ...auditParameters(mark, auditIds), ...selected(which)],
  });
  const [{ n, found } = { n: 0, found: 0 }] = rows;
  return { count: n, more: found > limit };
}

function selected(which: SessionSelection): unknown[] {
  switch (which.kind) {
    case 'all':
      return [];
    case 'sessions':
      return [which.ids, which.identityId];
    case 'identities':
      return [which.ids, which.except];
  }
}

async function isDone(session: Session, text: string, parameters: unknown[]): Promise<boolean> {
  const { rows } = await session.query<{ n: number }>({ text, parameters });
  return rows[0]?.n === 1;
}
