import { SealBroken } from '../../core/errors.ts';
import { resealRefresh } from '../../core/identify/outside/refresh-tokens.ts';
import type { IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import type { Session } from '../session.ts';

const LIST = `
  select r.identity_id, r.digest, r.box from identify_outside_refresh r
  where r.pool_id = $1::uuid and r.identity_id = any($2::uuid[]) and r.box is not null
  order by r.digest
  for no key update`;

const REPLACE = `
  update identify_outside_refresh set box = $3::bytea where pool_id = $1::uuid and digest = $2::bytea`;

interface Row {
  identity_id: IdentityId;
  digest: Buffer;
  box: Buffer;
}

/**
 * The box of every refresh token that has one. Rows are held: a box that is dropped meanwhile must not come back. None can
 * be kept meanwhile, since that holds the identity's key.
 */
export async function resealOutsideTokens(
  session: Session,
  { poolId, changes }: { poolId: PoolId; vault: PoolVault; changes: KeyChanges },
): Promise<void> {
  const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, [...changes.keys()]] });
  for (const row of rows) {
    const box = reseal(changes, row);
    if (box === null) continue;
    await session.query({ text: REPLACE, parameters: [poolId, row.digest, box] });
  }
}

/** @returns Null when the box does not open: it did not before either. */
function reseal(changes: KeyChanges, row: Row): Buffer | null {
  const keys = changes.get(row.identity_id);
  if (keys === undefined) return null;
  try {
    return resealRefresh(keys, row);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
