import type { LockoutKey, LockoutScope, LockoutStore } from '../../core/self-service/ports.ts';
import type { Session } from '../session.ts';

/**
 * Failures of keys, as `l`. One look by the primary key for each: as a condition, the planner may read all of the pool's.
 * Arrays whose length it knows have it plan the statement anew each time.
 * @param at Numbers of the parameters of `lockoutColumns`.
 */
export function failuresSql(at: { scopes: number; digests: number }): string {
  return `unnest((select $${at.scopes}::text[]), (select $${at.digests}::bytea[])) as u(scope, digest), lateral (
      select k.scope, k.digest, k.failures, k.since from lockouts k
      where k.pool_id = $1::uuid and k.scope = u.scope and k.digest = u.digest offset 0) l`;
}

const LIST = `select l.scope, l.digest, l.failures, l.since from ${failuresSql({ scopes: 2, digests: 3 })}`;

// In the order of the keys, so that two statements at once never wait for each other.
const ADD = `
  insert into lockouts (pool_id, scope, digest, failures, since)
  select $1::uuid, k.scope, k.digest, 1, $4::timestamptz
  from unnest($2::text[], $3::bytea[]) as k(scope, digest) order by k.scope, k.digest
  on conflict (pool_id, scope, digest) do update
    set failures = case when lockouts.since <= $5::timestamptz then 1 else lockouts.failures + 1 end,
        since = case when lockouts.since <= $5::timestamptz then excluded.since else lockouts.since end`;

// A row that is locked stays. Whoever waits for another one's failure sees it counted.
const CLEAR = `
  with known as (
      select l.failures, l.since from lockouts l
      where l.pool_id = $1::uuid and l.scope = $2::text and l.digest = $3::bytea
      for update),
    gone as (
      delete from lockouts
      where pool_id = $1::uuid and scope = $2::text and digest = $3::bytea
        and not exists (select 1 from known where known.failures >= $4::integer and known.since > $5::timestamptz)
      returning 1)
  select (select count(*) from known where known.failures >= $4::integer and known.since > $5::timestamptz)::integer
    as locked, (select count(*) from gone)::integer as gone`;

interface Columns {
  scope: LockoutScope;
  digest: Buffer;
  failures: number;
  since: Date;
}

export const lockoutColumns = (keys: readonly LockoutKey[]): unknown[] => [
  keys.map(({ scope }) => scope),
  keys.map(({ digest }) => digest),
];

export function createLockoutStore(session: Session): LockoutStore {
  return {
    async listFailures(poolId, keys) {
      const parameters = [poolId, ...lockoutColumns(keys)];
      return (await session.query<Columns>({ text: LIST, parameters })).rows;
    },
    async addFailures(poolId, keys, at, cutOff) {
      await session.query({ text: ADD, parameters: [poolId, ...lockoutColumns(keys), at, cutOff] });
    },
    async clearFailures(poolId, { key: { scope, digest }, max, cutOff }) {
      const { rows } = await session.query<{ locked: number }>({
        text: CLEAR,
        parameters: [poolId, scope, digest, max, cutOff],
      });
      return rows[0]?.locked === 0;
    },
  };
}
