import type { PoolId } from '../../core/ports.ts';
import { EXPIRED_FLOW_KEPT_MS } from '../../core/self-service/ports.ts';
import type { Session } from '../session.ts';

/** The longest window that failures may be counted in. */
const FAILURES_KEPT_MS = 24 * 60 * 60 * 1000;
/** Rows a statement: none of them may run long. */
const BATCH = 1000;

// Pool by pool: a look into each index, however much they keep.
const LIST_POOLS = `/* scatter: once a tick */
  select s.pool_id from pool_states s
  where exists (select 1 from flows f where f.pool_id = s.pool_id and f.expires_at <= $1::timestamptz)
     or exists (select 1 from lockouts l where l.pool_id = s.pool_id and l.since <= $2::timestamptz)`;

// With their keys and codes.
const REMOVE_FLOWS = `
  delete from flows where pool_id = $1::uuid and id = any(array(
    select f.id from flows f where f.pool_id = $1::uuid and f.expires_at <= $2::timestamptz limit $3::integer))`;

const REMOVE_FAILURES = `
  delete from lockouts where pool_id = $1::uuid and since <= $2::timestamptz and (scope, digest) in (
    select l.scope, l.digest from lockouts l
    where l.pool_id = $1::uuid and l.since <= $2::timestamptz limit $3::integer)`;

/** Removes flows an hour after they expired, and failures that count no more. Safe in several processes at once. */
export async function removeExpiredFlows(session: Session, now: Date): Promise<void> {
  const flowsBy = new Date(now.getTime() - EXPIRED_FLOW_KEPT_MS);
  const failuresBy = new Date(now.getTime() - FAILURES_KEPT_MS);
  const { rows } = await session.query<{ pool_id: PoolId }>({
    text: LIST_POOLS,
    parameters: [flowsBy, failuresBy],
  });
  const removeAll = async (text: string, poolId: PoolId, by: Date): Promise<void> => {
    const statement = { text, parameters: [poolId, by, BATCH] };
    while ((await session.query(statement)).count === BATCH);
  };
  for (const { pool_id: poolId } of rows) {
    await removeAll(REMOVE_FLOWS, poolId, flowsBy);
    await removeAll(REMOVE_FAILURES, poolId, failuresBy);
  }
}
