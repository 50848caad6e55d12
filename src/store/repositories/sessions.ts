import type { StoredIdentity } from '../../core/identities/ports.ts';
import type { LifecycleStatus, Standing } from '../../core/identities/standing.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type {
  AssuranceLevel,
  OwnedSession,
  SessionId,
  SessionStore,
  StoredSession,
} from '../../core/sessions/ports.ts';
import { anyOf, batchReads } from '../read-batches.ts';
import type { Session } from '../session.ts';
import { COLUMNS as IDENTITY, type Row as IdentityRow, JOINS, toIdentity } from './identities.ts';
import { changeContent, endSessions, extendSession, insertSession } from './session-writes.ts';

const COLUMNS = `t.id as session_id, t.identity_id, t.aal, t.issued_at, t.authenticated_at, t.expires_at, t.revoked_at, t.box`;

// Not to be flattened (`offset 0`): with few or old statistics the planner would walk all identities of the pool instead,
// and look for the session of each.
const OWNER = `cross join lateral (
    select o.* from identities o where o.pool_id = $1::uuid and o.id = t.identity_id offset 0) i`;

// With identity and key in the same statement: whether it is active and what opens it belong together.
const FIND = `
  select t.token_digest, ${COLUMNS}, ${IDENTITY} from sessions t
  ${OWNER} ${JOINS}
  where t.pool_id = $1::uuid`;

const FIND_BY_TOKENS = `${FIND} and t.token_digest = ${anyOf('$2::bytea[]')}`;
const FIND_BY_LOGOUT_TOKEN = `${FIND} and t.logout_digest = $2::bytea`;
const FIND_BY_ID = `${FIND} and t.id = $2::uuid`;

/**
 * Of lists: what of an identity decides on its sessions, and their key. Sessions alone are in the outer `from`, so that
 * they are walked in order of their ids and no further than the page goes.
 */
const LIST = `
  select ${COLUMNS}, i.status, i.standing, i.wrapped,
    (select s.config_version from pool_states s where s.pool_id = $1::uuid) as config_version
  from sessions t
  cross join lateral (
    select o.status, o.standing, o.is_open, o.blocked, k.wrapped from identities o
    join identity_keys k on k.pool_id = $1::uuid and k.identity_id = t.identity_id
    where o.pool_id = $1::uuid and o.id = t.identity_id offset 0) i
  where t.pool_id = $1::uuid`;

const COUNT = `
  select count(*)::integer as n from sessions t
  ${OWNER}
  where t.pool_id = $1::uuid`;

/** As `isActiveSession` has it. The parameter is there in each case: the time. */
function activeSql(isActive: boolean | null): string {
  if (isActive === null) return 'and $2::timestamptz is not null';
  return `and ${isActive ? '' : 'not'} (t.revoked_at is null and t.expires_at > $2::timestamptz
    and i.is_open and not i.blocked)`;
}

const OF_IDENTITY = 'and t.identity_id = $3::uuid and t.id is distinct from $4::uuid';

interface SessionRow {
  session_id: SessionId;
  identity_id: IdentityId;
  aal: AssuranceLevel;
  issued_at: Date;
  authenticated_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
  box: Buffer;
}

type FoundRow = SessionRow & IdentityRow & { token_digest: Buffer };

interface ListRow extends SessionRow {
  status: LifecycleStatus;
  standing: Standing;
  wrapped: Buffer;
  config_version: number;
}

export function createSessionStore(session: Session): SessionStore {
  const find = async (text: string, poolId: PoolId, by: unknown): Promise<FoundRow[]> =>
    (await session.query<FoundRow>({ text, parameters: [poolId, by], isPointRead: true })).rows;
  const findOne = async (text: string, poolId: PoolId, by: unknown) => {
    const [row] = await find(text, poolId, by);
    return row === undefined ? null : toFound(poolId, row);
  };
  const list = async (poolId: PoolId, text: string, parameters: unknown[]): Promise<OwnedSession[]> => {
    const { rows } = await session.query<ListRow>({ text, parameters });
    return rows.map((row) => toOwned(poolId, row));
  };
  // By the digest's text: bytes are no key of a map.
  const findByDigest = batchReads(
    async (poolId: PoolId, digests: readonly string[]) => {
      const bytes = digests.map((digest) => Buffer.from(digest, 'hex'));
      const rows = await find(FIND_BY_TOKENS, poolId, bytes);
      return rows.map((row) => ({
        digest: row.token_digest.toString('hex'),
        found: toFound(poolId, row),
      }));
    },
    ({ digest }) => digest,
  );

  return {
    insertSession: (insert) => insertSession(session, insert),
    changeContent: (change) => changeContent(session, change),
    extendSession: (poolId, extension) => extendSession(session, poolId, extension),
    endSessions: (poolId, ending) => endSessions(session, poolId, ending),

    findByToken: async (poolId, digest) =>
      (await findByDigest(poolId, digest.toString('hex')))?.found ?? null,
    findByLogoutToken: (poolId, digest) => findOne(FIND_BY_LOGOUT_TOKEN, poolId, digest),
    findSession: (poolId, id) => findOne(FIND_BY_ID, poolId, id),

    async listOfIdentity(poolId, { identityId, isActive, except, now, offset, limit }) {
      const where = `${OF_IDENTITY} ${activeSql(isActive)}`;
      const parameters = [poolId, now, identityId, except];
      const [items, counted] = await Promise.all([
        list(poolId, `${LIST} ${where} order by t.id desc offset $5::bigint limit $6::integer`, [
          ...parameters,
          ...[offset, limit],
        ]),
        session.query<{ n: number }>({ text: `${COUNT} ${where}`, parameters }),
      ]);
      return { items, total: counted.rows[0]?.n ?? 0 };
    },

    listSessions: (poolId, { isActive, now, before, limit }) =>
      list(
        poolId,
        `${LIST} ${activeSql(isActive)}
           and t.id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
         order by t.id desc limit $4::integer`,
        [poolId, now, before, limit],
      ),
  };
}

function toFound(poolId: PoolId, row: FoundRow): OwnedSession<StoredIdentity> {
  return { session: toSession(poolId, row), owner: toIdentity(poolId, row) };
}

function toOwned(poolId: PoolId, row: ListRow): OwnedSession {
  const { identity_id: id, status, standing, wrapped: wrappedKey, config_version: configVersion } = row;
  return {
    session: toSession(poolId, row),
    owner: { poolId, id, status, standing, wrappedKey, configVersion },
  };
}

function toSession(poolId: PoolId, row: SessionRow): StoredSession {
  const { session_id: id, identity_id: identityId, aal, box } = row;
  return {
    ...{ poolId, id, identityId, aal, box },
    issuedAt: row.issued_at,
    authenticatedAt: row.authenticated_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
