import { SealBroken } from '../../core/errors.ts';
import type { IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import { resealContent } from '../../core/sessions/content.ts';
import type { SessionId } from '../../core/sessions/ports.ts';
import type { Session } from '../session.ts';

const LIST = `
  select t.identity_id, t.id, t.box from sessions t
  where t.pool_id = $1::uuid and t.identity_id = any($2::uuid[])
  order by t.id
  for no key update`;

const REPLACE = `
  update sessions set box = u.box from unnest($2::uuid[], $3::bytea[]) as u(id, box)
  where sessions.pool_id = $1::uuid and sessions.id = u.id`;

interface Row {
  identity_id: IdentityId;
  id: SessionId;
  box: Buffer;
}

/**
 * The box of every session. Sessions are held, so that a change of one comes first or finds another box than it read.
 * None can start meanwhile, since that holds the identity's key.
 */
export async function resealSessions(
  session: Session,
  { poolId, changes }: { poolId: PoolId; vault: PoolVault; changes: KeyChanges },
): Promise<void> {
  const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, [...changes.keys()]] });
  const resealed = rows.flatMap((row) => {
    const box = reseal(changes, row);
    return box === null ? [] : [{ id: row.id, box }];
  });
  if (resealed.length === 0) return;
  await session.query({
    text: REPLACE,
    parameters: [poolId, resealed.map(({ id }) => id), resealed.map(({ box }) => box)],
  });
}

/** @returns Null when the box does not open: it did not before either. */
function reseal(changes: KeyChanges, row: Row): Buffer | null {
  const keys = changes.get(row.identity_id);
  if (keys === undefined) return null;
  try {
    return resealContent(keys, row);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
