import type { MergeStore } from '../../core/verification/merge-ports.ts';
import type { Session } from '../session.ts';

const LOCK = `
  select 1 as one from identities where pool_id = $1::uuid and id = any($2::uuid[])
  order by id for no key update`;

const MOVE = `
  update verifications set identity_id = $3::uuid, version = version + 1
  where pool_id = $1::uuid and identity_id = any($2::uuid[])`;

// Boxes are under the data key of whose they were.
const MOVE_LOGINS = `
  update identify_outside_refresh set identity_id = $3::uuid, box = null
  where pool_id = $1::uuid and identity_id = any($2::uuid[])`;

export function createMergeStore(session: Session): MergeStore {
  return {
    async lockIdentities(poolId, ids) {
      await session.query({ text: LOCK, parameters: [poolId, ids] });
    },
    async moveSessions(poolId, from, to) {
      await session.query({ text: MOVE, parameters: [poolId, from, to] });
    },
    async moveOutsideLogins(poolId, from, to) {
      await session.query({ text: MOVE_LOGINS, parameters: [poolId, from, to] });
    },
  };
}
