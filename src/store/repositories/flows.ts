import type { IdentityId, PoolId } from '../../core/ports.ts';
import type {
  Aal,
  FlowBeginning,
  FlowId,
  FlowInsert,
  FlowKind,
  FlowRow,
  FlowState,
  FlowStore,
  FlowType,
  StoredFlow,
} from '../../core/self-service/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';

const INSERT = `
  with flow as (
      insert into flows (pool_id, id, kind, type, state, active, requested_aal, is_refresh, identity_id, session_id,
        csrf_digest, box, issued_at, updated_at, expires_at, finished_at)
      select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::boolean, $9::uuid, $10::uuid,
        $11::bytea, $12::bytea, $13::timestamptz, $17::timestamptz, $14::timestamptz, $18::timestamptz
      from pool_states s
      where s.pool_id = $1::uuid and ($16::integer is null or s.config_version = $16::integer)
      on conflict (pool_id, id) do nothing
      returning id),
    keyed as (
      insert into flow_keys (pool_id, flow_id, wrapped) select $1::uuid, flow.id, $15::bytea from flow
      returning 1)
  select 1 from keyed`;

// With the key in the same statement: box and key belong together also while keys are rotated. Asked by `exists`, the planner
// may read the keys of all identities to answer for one.
const FIND = `
  select f.id, f.kind, f.type, f.state, f.active, f.requested_aal, f.is_refresh, f.identity_id, f.session_id,
    f.csrf_digest, f.replaced_by, f.submit_count, f.revision, f.box, f.issued_at, f.updated_at, f.expires_at,
    f.finished_at, k.wrapped, s.config_version
  from flows f
  join flow_keys k on k.pool_id = $1::uuid and k.flow_id = f.id
  join pool_states s on s.pool_id = $1::uuid
  where f.pool_id = $1::uuid and f.id = $2::uuid
    and (f.identity_id is null or (
      select true from identity_keys i where i.pool_id = $1::uuid and i.identity_id = f.identity_id))`;

// `is true` keeps the planner from the index of expiry: before it has statistics, all indexes look alike to it.
const UPDATE = `
  update flows
  set state = $4::text, active = $5::text, identity_id = $6::uuid, session_id = $7::uuid, csrf_digest = $8::bytea,
      box = $9::bytea, updated_at = $10::timestamptz, revision = flows.revision + 1,
      finished_at = case when $11::boolean then $10::timestamptz end
  where pool_id = $1::uuid and id = $2::uuid and revision = $3::integer and finished_at is null
    and (expires_at > $10::timestamptz) is true`;

const REPLACE = `
  update flows set replaced_by = $3::uuid
  where pool_id = $1::uuid and id = $2::uuid and replaced_by is not distinct from $4::uuid`;

interface FlowColumns {
  id: FlowId;
  kind: FlowKind;
  type: FlowType;
  state: FlowState;
  active: string | null;
  requested_aal: Aal;
  is_refresh: boolean;
  identity_id: IdentityId | null;
  session_id: Uuid | null;
  csrf_digest: Buffer | null;
  replaced_by: FlowId | null;
  submit_count: number;
  revision: number;
  box: Buffer;
  issued_at: Date;
  updated_at: Date;
  expires_at: Date;
  finished_at: Date | null;
  wrapped: Buffer;
  config_version: number;
}

export function createFlowStore(session: Session): FlowStore {
  const insert = async (
    flow: FlowInsert,
    as: Pick<FlowRow, 'updatedAt' | 'finishedAt'>,
    configVersion: number | null,
  ): Promise<boolean> => {
    const { poolId, id, kind, type, state, active, requestedAal, refresh, identityId, sessionId } = flow;
    const parameters = [
      ...[poolId, id, kind, type, state, active, requestedAal, refresh, identityId, sessionId],
      ...[flow.csrfDigest, flow.box, flow.issuedAt, flow.expiresAt, flow.wrappedKey, configVersion],
      ...[as.updatedAt, as.finishedAt],
    ];
    return (await session.query({ text: INSERT, parameters })).rows.length === 1;
  };
  return {
    insertFlow: (flow, configVersion = null) =>
      insert(flow, { updatedAt: flow.issuedAt, finishedAt: null }, configVersion),
    async findFlow(poolId, id) {
      const { rows } = await session.query<FlowColumns>({ text: FIND, parameters: [poolId, id] });
      return rows[0] === undefined ? null : toFlow(poolId, rows[0]);
    },
    async updateFlow(update) {
      const { poolId, id, revision, state, active, identityId, sessionId, csrfDigest, box } = update;
      const { beginning, at, finishes } = update;
      if (beginning !== null) {
        if (beginning.expiresAt <= at) return false;
        const as = { updatedAt: at, finishedAt: finishes ? at : null };
        return insert({ ...update, ...beginning }, as, null);
      }
      const { count } = await session.query({
        text: UPDATE,
        parameters: [
          ...[poolId, id, revision, state, active, identityId, sessionId, csrfDigest, box],
          ...[at, finishes],
        ],
      });
      return count === 1;
    },
    async replaceFlow(poolId, id, { previous, by }) {
      const { count } = await session.query({ text: REPLACE, parameters: [poolId, id, by, previous] });
      return count === 1;
    },
    async removeFlowsOf(poolId, identityId) {
      await session.query({
        text: 'delete from flows where pool_id = $1::uuid and identity_id = $2::uuid',
        parameters: [poolId, identityId],
      });
    },
  };
}

/** kind, type, level, whether it confirms, when it began and ends, key. */
export function beginningParameters(beginning: FlowBeginning): unknown[] {
  const { kind, type, requestedAal, refresh, issuedAt, expiresAt, wrappedKey } = beginning;
  return [kind, type, requestedAal, refresh, issuedAt, expiresAt, wrappedKey];
}

function toFlow(poolId: PoolId, row: FlowColumns): StoredFlow {
  const { id, kind, type, state, active, revision, box } = row;
  return {
    ...{ poolId, id, kind, type, state, active, revision, box },
    ...{ requestedAal: row.requested_aal, refresh: row.is_refresh },
    ...{ identityId: row.identity_id, sessionId: row.session_id, csrfDigest: row.csrf_digest },
    ...{ replacedBy: row.replaced_by, submitCount: row.submit_count },
    ...{ issuedAt: row.issued_at, updatedAt: row.updated_at },
    ...{ expiresAt: row.expires_at, finishedAt: row.finished_at },
    ...{ wrappedKey: row.wrapped, configVersion: row.config_version },
  };
}
