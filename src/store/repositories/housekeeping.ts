import type { PoolId } from '../../core/ports.ts';
import { formatUuid } from '../../kit/ids.ts';
import type { Session, Statement } from '../session.ts';
import { removeExpiredUserTokens } from './identify-clean-up.ts';
import { removeExpiredFlows } from './self-service-clean-up.ts';

/** Events that were told, or that nobody had to be told of, are kept a while for whoever looks into a matter. */
const EVENTS_KEPT_MS = 60 * 60 * 1000;
const DELIVERIES_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** From their end on. */
const SESSIONS_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Rows a statement: none of them may run long. */
const BATCH = 5000;

/**
 * Removes what has expired: kept replies and rate windows that are over, events of an hour ago that wait for nobody,
 * webhook deliveries of 30 days ago, login sessions that ended 30 days ago,
 * self-service flows, codes for passwords of users. Asks once which pools have any, then goes
 * pool by pool (SQL.md rule 9). Safe to run in several processes at once.
 */
export async function removeExpired(session: Session, now: Date): Promise<void> {
  const { rows } = await session.query<{ pool_id: PoolId }>({
    text: `/* scatter: once a tick */
           select pool_id from idempotent_replies where expires_at <= $1::timestamptz group by pool_id
           union
           select pool_id from rate_leases where window_start < $2::timestamptz group by pool_id`,
    parameters: [now, new Date(now.getTime() - 120_000)],
  });
  for (const { pool_id: poolId } of rows) {
    await session.query({
      text: 'delete from idempotent_replies where pool_id = $1::uuid and expires_at <= $2::timestamptz',
      parameters: [poolId, now],
    });
    await session.query({
      text: 'delete from rate_leases where pool_id = $1::uuid and window_start < $2::timestamptz',
      parameters: [poolId, new Date(now.getTime() - 120_000)],
    });
  }
  await removeOldEvents(session, now);
  await removeOldDeliveries(session, now);
  await removeExpiredFlows(session, now);
  await removeExpiredUserTokens(session, now);
  await removeOldSessions(session, now);
}

/** The first id of a moment: ids sort by time, so that no column of times needs an index of its own. */
function idAt(ms: number): string {
  return formatUuid({ ms, random: 0n });
}

async function removeOldEvents(session: Session, now: Date): Promise<void> {
  const before = idAt(now.getTime() - EVENTS_KEPT_MS);
  // A probe for each pool: not every one has had a feed.
  const { rows } = await session.query<{ pool_id: PoolId }>({
    text: `/* scatter: once a tick */
           select s.pool_id from pool_states s
           where exists (
             select 1 from outbox o
             where o.pool_id = s.pool_id and o.id < $1::uuid and o.fanned_out_at is not null)`,
    parameters: [before],
  });
  for (const { pool_id: poolId } of rows) {
    await inBatches(session, {
      text: `delete from outbox where pool_id = $1::uuid and id in (
               select o.id from outbox o
               where o.pool_id = $1::uuid and o.id < $2::uuid and o.fanned_out_at is not null limit $3::integer)`,
      parameters: [poolId, before, BATCH],
    });
  }
}

async function removeOldDeliveries(session: Session, now: Date): Promise<void> {
  const { rows } = await session.query<{ pool_id: PoolId; id: string }>({
    text: '/* scatter: once a tick */ select pool_id, id from webhook_endpoints',
    parameters: [],
  });
  for (const { pool_id: poolId, id } of rows) {
    await inBatches(session, {
      text: `delete from webhook_deliveries where pool_id = $1::uuid and endpoint_id = $2::uuid and id in (
               select d.id from webhook_deliveries d
               where d.pool_id = $1::uuid and d.endpoint_id = $2::uuid and d.id < $3::uuid limit $4::integer)`,
      parameters: [poolId, id, idAt(now.getTime() - DELIVERIES_KEPT_MS), BATCH],
    });
  }
}

// Pool by pool: a look into the index for each, however many sessions they keep.
async function removeOldSessions(session: Session, now: Date): Promise<void> {
  const endedBy = new Date(now.getTime() - SESSIONS_KEPT_MS);
  const { rows } = await session.query<{ pool_id: PoolId }>({
    text: `/* scatter: once a tick */
           select s.pool_id from pool_states s
           where exists (
             select 1 from sessions t where t.pool_id = s.pool_id and t.expires_at <= $1::timestamptz)`,
    parameters: [endedBy],
  });
  for (const { pool_id: poolId } of rows) {
    await inBatches(session, {
      text: `delete from sessions where pool_id = $1::uuid and id = any(array(
               select t.id from sessions t
               where t.pool_id = $1::uuid and t.expires_at <= $2::timestamptz limit $3::integer))
             and expires_at <= $2::timestamptz`,
      parameters: [poolId, endedBy, BATCH],
    });
  }
}

async function inBatches(session: Session, statement: Statement): Promise<void> {
  for (;;) {
    const { count } = await session.query(statement);
    if (count < BATCH) return;
  }
}
