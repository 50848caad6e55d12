import type { LoginStore, LoginWrite } from '../../core/self-service/login-ports.ts';
import type { Failures } from '../../core/self-service/ports.ts';
import type { Session } from '../session.ts';
import { beginningParameters } from './flows.ts';
import { CLAIMANT, COLUMNS, JOINS, type Row, toIdentity } from './identities.ts';
import { profileParameters, RECORD } from './identity-writes.ts';
import { failuresSql, lockoutColumns } from './lockouts.ts';
import { stampSql } from './stamp-sql.ts';

const FIND = `
  select s.config_version as pool_version, failed.all as failures, p.*
  from pool_states s
  cross join (
    select json_agg(json_build_object('scope', l.scope, 'failures', l.failures, 'since', l.since)) as all
    from ${failuresSql({ scopes: 4, digests: 5 })}
  ) failed
  left join lateral (
    select ${COLUMNS} from identities i ${JOINS} where i.pool_id = $1::uuid and i.id = ${CLAIMANT}) p on true
  where s.pool_id = $1::uuid`;

// All that may have changed since it was read is locked and compared first; `free` has a row only where nothing has, and
// every write hangs on that, so that all of them are made or none. An everyday login thus waits for the database once,
// where a transaction waits six times. `is true` as in flows.ts.
const writeSql = ({ flow, isFlow, use }: { flow: string; isFlow: string; use: string }) => `
  with ${flow}
    current as (
      select i.id from identities i
      where i.pool_id = $1::uuid and i.id = $3::uuid and i.version = $9::integer
        and ${isFlow}
        and exists (
          select 1 from pool_states s where s.pool_id = $1::uuid and s.config_version = $2::integer)
      for update),
    held as (
      select k.identity_id from identity_keys k
      where k.pool_id = $1::uuid and k.wrapped = $25::bytea and k.identity_id = (select current.id from current)
      for share),
    known as (
      select l.failures, l.since from lockouts l
      where l.pool_id = $1::uuid and l.scope = $46::text and l.digest = $47::bytea and exists (select 1 from held)
      for update),
    allowed as (
      select held.identity_id from held
      where not exists (
        select 1 from known where known.failures >= $48::integer and known.since > $49::timestamptz)),
    ${use},
    forgotten as (
      delete from lockouts using free
      where lockouts.pool_id = $1::uuid and lockouts.scope = $46::text and lockouts.digest = $47::bytea
      returning 1),
    record as (${RECORD}
        and exists (select 1 from free)
      returning id, version),
    ${stampSql(13)},
    begun as (
      insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
        expires_at, box)
      select $1::uuid, $24::uuid, free.identity_id, $26::bytea, $27::bytea, $28::text, $29::timestamptz,
        $30::timestamptz, $31::timestamptz, $32::bytea
      from free
      returning identity_id),
    begun_audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
      select $1::uuid, $33::uuid, $34::timestamptz, $35::uuid, $36::text, $37::text, begun.identity_id, $38::text[],
        $50::bytea
      from begun
      returning 1)
  select (select count(*) from held)::integer as current, (select count(*) from allowed)::integer as allowed,
    (select count(*) from begun)::integer as begun`;

const WRITE = writeSql({
  flow: `flow as (
      select f.id from flows f
      where f.pool_id = $1::uuid and f.id = $39::uuid and f.revision = $40::integer and f.finished_at is null
        and (f.expires_at > $8::timestamptz) is true
      for update),`,
  isFlow: 'exists (select 1 from flow)',
  use: `free as (select allowed.identity_id from allowed),
    used as (
      update flows
      set state = $41::text, active = $42::text, identity_id = $3::uuid, session_id = $43::uuid,
          csrf_digest = $44::bytea, box = $45::bytea, updated_at = $8::timestamptz, finished_at = $8::timestamptz,
          revision = flows.revision + 1
      from free
      where flows.pool_id = $1::uuid and flows.id = $39::uuid
      returning 1)`,
});

// Of a flow that is not stored so far: its row says that it was used up, and whoever is first to write it counts.
const WRITE_FIRST = writeSql({
  flow: '',
  isFlow: '$56::timestamptz > $8::timestamptz',
  use: `used as (
      insert into flows (pool_id, id, kind, type, state, active, requested_aal, is_refresh, identity_id, session_id,
        csrf_digest, box, issued_at, updated_at, expires_at, finished_at, revision)
      select $1::uuid, $39::uuid, $51::text, $52::text, $41::text, $42::text, $53::text, $54::boolean,
        allowed.identity_id, $43::uuid, $44::bytea, $45::bytea, $55::timestamptz, $8::timestamptz, $56::timestamptz,
        $8::timestamptz, $40::integer + 1
      from allowed
      on conflict (pool_id, id) do nothing
      returning identity_id),
    keyed as (
      insert into flow_keys (pool_id, flow_id, wrapped) select $1::uuid, $39::uuid, $57::bytea from used
      returning 1),
    free as (select used.identity_id from used)`,
});

type FailuresInJson = readonly (Omit<Failures, 'since'> & { readonly since: string })[];

interface Beside {
  pool_version: number;
  failures: FailuresInJson | null;
}

export function createLoginStore(session: Session): LoginStore {
  return {
    async findClaimant(poolId, { space, digest }, keys) {
      const parameters = [poolId, space, digest, ...lockoutColumns(keys)];
      const { rows } = await session.query<Partial<Row> & Beside>({ text: FIND, parameters });
      const [row] = rows;
      const failures = (row?.failures ?? []).map((one) => ({ ...one, since: new Date(one.since) }));
      const stored = row?.id == null ? null : toIdentity(poolId, row as Row);
      return { stored, failures, configVersion: row?.pool_version ?? 0 };
    },
    async writeLogin(login) {
      const parameters = parametersOf(login);
      if (parameters === null) return 'unfit';
      const { beginning } = login.flow;
      const { rows } = await session.query<{ current: number; allowed: number; begun: number }>(
        beginning === null
          ? { text: WRITE, parameters }
          : { text: WRITE_FIRST, parameters: [...parameters, ...beginningParameters(beginning)] },
      );
      const [row] = rows;
      if (row?.begun === 1) return 'done';
      return row?.current === 1 && row.allowed === 0 ? 'locked' : 'stale';
    },
  };
}

function parametersOf({ flow, change, session: insert, clearing }: LoginWrite): unknown[] | null {
  const ofRecord = profileParameters(change);
  if (ofRecord === null || !flow.finishes || flow.identityId !== change.id) return null;
  const { session, stamp } = insert;
  return [
    ...ofRecord,
    ...[session.id, insert.wrappedKey, insert.tokenDigest, insert.logoutDigest, session.aal],
    ...[session.issuedAt, session.authenticatedAt, session.expiresAt, session.box],
    ...[stamp.auditId, stamp.at, stamp.keyId, stamp.requestId, insert.action, insert.fields],
    ...[flow.id, flow.revision, flow.state, flow.active, flow.sessionId, flow.csrfDigest, flow.box],
    ...[clearing?.key.scope ?? null, clearing?.key.digest ?? null, clearing?.max ?? null],
    ...[clearing?.cutOff ?? null, stamp.origin],
  ];
}
