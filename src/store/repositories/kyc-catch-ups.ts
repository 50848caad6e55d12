import type { CatchUp, CatchUpStore } from '../../core/kyc/catch-up-ports.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const LIST = `/* scatter: once a sweep */
  select u.pool_id, u.provider, u.after_id from kyc_catch_ups u order by u.pool_id, u.provider`;

const FIRST = '00000000-0000-0000-0000-000000000000';

const NEXT = `
  select i.id, exists (
      select 1 from kyc_cases c
      where c.pool_id = $1::uuid and c.identity_id = i.id and c.provider = $2::text) as has_case
  from identities i
  where i.pool_id = $1::uuid and i.is_open and i.verification_status <> 'merged' and i.id > $3::uuid
  order by i.id limit $4::integer`;

const HERE = `pool_id = $1::uuid and provider = $2::text and after_id is not distinct from $3::uuid`;
const ADVANCE = `update kyc_catch_ups set after_id = $4::uuid where ${HERE} returning 1 as n`;
const FINISH = `delete from kyc_catch_ups where ${HERE}`;

const UNSENT = `
  select count(*)::integer as n from (
    select 1 as one from kyc_cases c
    where c.pool_id = $1::uuid and c.due_at is not null and c.provider = $2::text and c.task = 'submit'
      and (c.due_at <= $3::timestamptz or c.attempts > 0)
    limit $4::integer) unsent`;

export function catchUpMethods(session: Session): CatchUpStore {
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;
  const placeOf = ({ poolId, provider, after }: CatchUp) => [poolId, provider, after];

  return {
    async listCatchUps() {
      const rows = await all<{ pool_id: PoolId; provider: string; after_id: IdentityId | null }>(LIST, []);
      return rows.map(({ pool_id: poolId, provider, after_id: after }) => ({ poolId, provider, after }));
    },
    async listNext({ poolId, provider, after }, limit) {
      const rows = await all<{ id: IdentityId; has_case: boolean }>(NEXT, [
        ...[poolId, provider, after ?? FIRST, limit],
      ]);
      return rows.map(({ id, has_case: hasCase }) => ({ id, hasCase }));
    },
    advance: async (catchUp, to) => (await all(ADVANCE, [...placeOf(catchUp), to])).length === 1,
    async finish(catchUp) {
      await all(FINISH, placeOf(catchUp));
    },
    async countUnsent({ poolId, provider }, { now, max }) {
      return (await all<{ n: number }>(UNSENT, [poolId, provider, now, max]))[0]?.n ?? 0;
    },
  };
}
