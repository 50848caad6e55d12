import type { PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

/**
 * Removes what has expired: kept replies and rate windows that are over. Asks once which pools have any, then goes
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
}
