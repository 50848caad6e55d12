import type { PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

/** Rows a statement: none of them may run long. */
const BATCH = 1000;
const TABLES = ['identify_codes', 'identify_denied_tokens', 'identify_outside_refresh'] as const;

// Pool by pool: a look into each index, however much they keep.
const LIST_POOLS = `/* scatter: once a tick */
  select s.pool_id from pool_states s where ${TABLES.map(
    (table) =>
      `exists (select 1 from ${table} t where t.pool_id = s.pool_id and t.expires_at <= $1::timestamptz)`,
  ).join(' or ')}`;

/** Each table by its key. */
const KEYS = {
  identify_codes: 'address_digest',
  identify_denied_tokens: 'digest',
  identify_outside_refresh: 'digest',
};

const REMOVE = TABLES.map(
  (table) => `
  delete from ${table} where pool_id = $1::uuid and ${KEYS[table]} = any(array(
    select t.${KEYS[table]} from ${table} t
    where t.pool_id = $1::uuid and t.expires_at <= $2::timestamptz limit $3::integer))`,
);

/** Removes codes for passwords and tokens of providers outside that are over. Safe in several processes at once. */
export async function removeExpiredUserTokens(session: Session, now: Date): Promise<void> {
  const { rows } = await session.query<{ pool_id: PoolId }>({ text: LIST_POOLS, parameters: [now] });
  for (const { pool_id: poolId } of rows)
    for (const text of REMOVE)
      while ((await session.query({ text, parameters: [poolId, now, BATCH] })).count === BATCH);
}
