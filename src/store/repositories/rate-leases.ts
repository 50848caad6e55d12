import type { RateLeaseStore } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const OPEN = `
  insert into rate_leases (pool_id, key_id, window_start, used)
  values ($1::uuid, $2::uuid, $3::timestamptz, 0)
  on conflict (pool_id, key_id, window_start) do nothing`;

// The lock makes `before` the latest value, so what is granted is exactly what this statement added.
const LEASE = `
  with before as (
      select used from rate_leases
      where pool_id = $1::uuid and key_id = $2::uuid and window_start = $3::timestamptz
      for update)
  update rate_leases set used = greatest(before.used, least($5::integer, before.used + $4::integer))
  from before
  where rate_leases.pool_id = $1::uuid and rate_leases.key_id = $2::uuid
    and rate_leases.window_start = $3::timestamptz
  returning rate_leases.used - before.used as granted, rate_leases.used as used`;

interface Lease {
  granted: number;
  used: number;
}

export function createRateLeaseStore(session: Session): RateLeaseStore {
  return {
    async leaseRequests({ poolId, keyId, windowStart, want, limit }) {
      const window = [poolId, keyId, windowStart];
      const lease = async () => {
        const statement = { text: LEASE, parameters: [...window, want, limit] };
        const { rows } = await session.query<Lease>(statement);
        return rows[0] ?? null;
      };
      const taken = await lease();
      if (taken !== null) return taken;
      await session.query({ text: OPEN, parameters: window });
      // Nothing again: the window was removed as expired in between, so nothing of it is left to give.
      return (await lease()) ?? { granted: 0, used: limit };
    },
  };
}
