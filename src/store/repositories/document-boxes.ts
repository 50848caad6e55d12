import { resealDocument } from '../../core/blobs/document-keys.ts';
import type { BlobId } from '../../core/blobs/ports.ts';
import { SealBroken } from '../../core/errors.ts';
import { resealDetails } from '../../core/kyc/document-content.ts';
import type { IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import type { Session } from '../session.ts';

const LIST = `
  select d.identity_id, d.id, d.upload_id, d.file, d.details from documents d
  where d.pool_id = $1::uuid and d.identity_id = any($2::uuid[])
  order by d.identity_id, d.id`;

const REPLACE = `
  update documents set file = $4::bytea, details = $5::bytea
  where pool_id = $1::uuid and identity_id = $2::uuid and id = $3::uuid`;

interface Row {
  identity_id: IdentityId;
  id: string;
  upload_id: BlobId;
  file: Buffer;
  details: Buffer;
}

/** Both boxes of every document, deleted ones too. The stored files stay as they are. */
export async function resealDocuments(
  session: Session,
  { poolId, vault, changes }: { poolId: PoolId; vault: PoolVault; changes: KeyChanges },
): Promise<void> {
  const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, [...changes.keys()]] });
  for (const row of rows) {
    const boxes = reseal(vault, changes, row);
    if (boxes === null) continue;
    await session.query({
      text: REPLACE,
      parameters: [poolId, row.identity_id, row.id, boxes.file, boxes.details],
    });
  }
}

/** @returns Null when a box does not open: it did not before either. */
function reseal(pool: PoolVault, changes: KeyChanges, row: Row): { file: Buffer; details: Buffer } | null {
  const keys = changes.get(row.identity_id);
  if (keys === undefined) return null;
  try {
    return {
      file: resealDocument({ pool, ...keys }, { id: row.upload_id, box: row.file }),
      details: resealDetails(keys, row),
    };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
