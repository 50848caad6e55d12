import type { AuditEntry, AuditQuery, AuditScope, AuditStore } from '../../core/audit/ports.ts';
import type { KeyId, KeyKind, PoolId } from '../../core/ports.ts';
import type { Session, Statement } from '../session.ts';
import { insertAuditEntry } from './pool-rows.ts';

/** An identity's verifications beyond these are older than any that is worth reading in one log. */
const SUBJECTS_MAX = 1000;

const COLUMNS = `e.id, e.at, e.key_id, k.kind as key_kind, e.action, e.subject_id, e.fields, e.origin,
  s.config_version`;
const JOINS = `
  join pool_states s on s.pool_id = $1::uuid
  left join api_keys k on k.id = e.key_id`;

const FIND = `
  select ${COLUMNS} from audit_entries e ${JOINS} where e.pool_id = $1::uuid and e.id = $2::uuid`;

interface Row {
  id: string;
  at: Date;
  key_id: KeyId | null;
  key_kind: KeyKind | null;
  action: string;
  subject_id: string;
  fields: string[];
  origin: Buffer | null;
  config_version: number;
}

function toEntry(poolId: PoolId, row: Row): AuditEntry {
  const { id, at, action, fields, origin } = row;
  return {
    ...{ poolId, id, at, action, fields, origin },
    subjectId: row.subject_id,
    key: row.key_id === null ? null : { id: row.key_id, kind: row.key_kind ?? 'secret' },
    configVersion: row.config_version,
  };
}

export function createAuditStore(session: Session): AuditStore {
  return {
    async findEntry(poolId, id) {
      const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId, id] });
      return rows[0] === undefined ? null : toEntry(poolId, rows[0]);
    },
    async listEntries(poolId, query) {
      const [{ rows }, counted] = await Promise.all([
        session.query<Row>(pageStatement(poolId, query)),
        session.query<{ n: number }>(countStatement(poolId, query)),
      ]);
      const items = rows.slice(0, query.limit).map((row) => toEntry(poolId, row));
      return { items, hasMore: rows.length > query.limit, counted: counted.rows[0]?.n ?? 0 };
    },
    recordEntry: (stamp, event) => insertAuditEntry(session, stamp, event),
  };
}

/** Of each subject as many as could be on the page, by the index; then the newest of all of them. */
function pageStatement(poolId: PoolId, { offset, limit, ...query }: AuditQuery): Statement {
  const { bind, parameters } = binding(poolId);
  const [skip, take] = [bind(offset, 'bigint'), bind(limit + 1, 'integer')];
  const ids = idsOf(query, bind, { limit: `${skip} + ${take}`, isOrdered: true });
  // Skipped entries are counted off the index alone; only the page's rows are fetched whole.
  const text = `
    select ${COLUMNS} from (
      select page.id from (${ids}) page order by page.id desc offset ${skip} limit ${take}) found
    join audit_entries e on e.pool_id = $1::uuid and e.id = found.id ${JOINS}
    order by e.id desc`;
  return { text, parameters };
}

function countStatement(poolId: PoolId, query: AuditQuery): Statement {
  const { bind, parameters } = binding(poolId);
  const most = bind(query.countMax, 'integer');
  const ids = idsOf(query, bind, { limit: most, isOrdered: false });
  const text = `select count(*)::integer as n from (select counted.id from (${ids}) counted limit ${most}) bounded`;
  return { text, parameters };
}

type Bind = (value: unknown, type: string) => string;

function binding(poolId: PoolId): { bind: Bind; parameters: unknown[] } {
  const parameters: unknown[] = [poolId];
  return { parameters, bind: (value, type) => `$${parameters.push(value)}::${type}` };
}

function idsOf(
  { scope, actions, before }: Pick<AuditQuery, 'scope' | 'actions' | 'before'>,
  bind: Bind,
  { limit, isOrdered }: { limit: string; isOrdered: boolean },
): string {
  const where = ['a.pool_id = $1::uuid'];
  if (before !== null) where.push(`a.id < ${bind(before, 'uuid')}`);
  if (actions !== null) where.push(`a.action = any(${bind(actions, 'text[]')})`);
  if (scope.kind === 'subject') where.push(`split_part(a.action, '.', 1) = ${bind(scope.resource, 'text')}`);
  if (scope.kind !== 'pool') where.push('a.subject_id = subject.id');
  const newest = `
    select a.id from audit_entries a where ${where.join(' and ')}
    ${isOrdered ? 'order by a.id desc' : ''} limit ${limit}`;
  if (scope.kind === 'pool') return newest;
  return `select own.id from (${subjectsOf(scope, bind)}) subject, lateral (${newest}) own`;
}

function subjectsOf(scope: Exclude<AuditScope, { kind: 'pool' }>, bind: Bind): string {
  if (scope.kind === 'subject') return `select ${bind(scope.id, 'uuid')} as id`;
  const id = bind(scope.identityId, 'uuid');
  return `
    select ${id} as id
    union all
    (select v.id from verifications v where v.pool_id = $1::uuid and v.identity_id = ${id}
     order by v.id desc limit ${SUBJECTS_MAX})`;
}
