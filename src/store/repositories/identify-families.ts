import type { FamilyStore } from '../../core/identify/ports.ts';
import type { Session } from '../session.ts';

const INSERT = `
  insert into identify_families (pool_id, session_id, refresh_digest) values ($1::uuid, $2::uuid, $3::bytea)`;

// In its grace the token before works once more, for the device that had it replaced: whose reply was lost. Whatever that
// reply held works no more.
const ROTATE = `
  update identify_families
  set previous_digest = $3::bytea, refresh_digest = $4::bytea,
      rotated_at = case when refresh_digest = $3::bytea then $6::timestamptz else rotated_at end, rotated_by = $5::bytea
  where pool_id = $1::uuid and session_id = $2::uuid
    and (refresh_digest = $3::bytea
      or (previous_digest = $3::bytea and rotated_by = $5::bytea and rotated_at >= $7::timestamptz))
  returning 1 as n`;

export function createFamilyStore(session: Session): FamilyStore {
  return {
    async insertFamily(poolId, { sessionId, refreshDigest }) {
      await session.query({ text: INSERT, parameters: [poolId, sessionId, refreshDigest] });
    },
    async rotate(poolId, { sessionId, presented, next, device, at, graceSince }) {
      const parameters = [poolId, sessionId, presented, next, device, at, graceSince];
      return (await session.query({ text: ROTATE, parameters })).rows.length === 1;
    },
  };
}
