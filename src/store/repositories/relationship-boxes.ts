import { SealBroken } from '../../core/errors.ts';
import type { DataKey, IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import { openMetadata, sealMetadata } from '../../core/verification/relationship-metadata.ts';
import type { Session } from '../session.ts';

// Both directions hold the same box: one of them per relationship is read, with the other end's key.
const LIST = `
  select distinct on (l.id) l.id, l.identity_id, l.related_id, l.metadata, k.wrapped
  from relationships l
  join identity_keys k on k.pool_id = $1::uuid and k.identity_id = l.related_id
  where l.pool_id = $1::uuid and l.identity_id = any($2::uuid[]) and l.metadata is not null
  order by l.id, l.identity_id`;

const REPLACE = `
  update relationships set metadata = $5::bytea
  where pool_id = $1::uuid and identity_id = any($2::uuid[]) and id = $3::uuid and metadata = $4::bytea`;

interface Row {
  id: string;
  identity_id: IdentityId;
  related_id: IdentityId;
  metadata: Buffer;
  wrapped: Buffer;
}

/** Metadata of relationships lie under the keys of both ends; the other end may keep its key. */
export async function resealRelationships(
  session: Session,
  { poolId, vault, changes }: { poolId: PoolId; vault: PoolVault; changes: KeyChanges },
): Promise<void> {
  const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, [...changes.keys()]] });
  for (const row of rows) {
    const metadata = reseal(vault, changes, row);
    if (metadata === null) continue;
    const ends = [row.identity_id, row.related_id];
    await session.query({
      text: REPLACE,
      parameters: [poolId, ends, row.id, row.metadata, metadata],
    });
  }
}

/** @returns Null when the box, or the other end's key, does not open: it did not before either. */
function reseal(vault: PoolVault, changes: KeyChanges, row: Row): Buffer | null {
  const own = changes.get(row.identity_id);
  if (own === undefined) return null;
  try {
    const other = changes.get(row.related_id) ?? same(vault.openIdentityKey(row.related_id, row.wrapped));
    const ends = (which: 'from' | 'to') => ({
      relationshipId: row.id,
      keys: new Map([
        [row.identity_id, own[which]],
        [row.related_id, other[which]],
      ]),
    });
    return sealMetadata(ends('to'), openMetadata(ends('from'), row.metadata));
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}

function same(key: DataKey): { from: DataKey; to: DataKey } {
  return { from: key, to: key };
}
