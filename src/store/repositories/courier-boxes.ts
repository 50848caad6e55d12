import { resealContent } from '../../core/courier/content.ts';
import type { MessageId } from '../../core/courier/ports.ts';
import { SealBroken } from '../../core/errors.ts';
import type { IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import type { Session } from '../session.ts';

const LIST = `
  select m.identity_id, m.id, m.head, m.body from courier_messages m
  where m.pool_id = $1::uuid and m.identity_id = any($2::uuid[])
  order by m.id
  for no key update`;

const REPLACE = `
  update courier_messages set head = $3::bytea, body = $4::bytea
  where pool_id = $1::uuid and id = $2::uuid`;

interface Row {
  identity_id: IdentityId;
  id: MessageId;
  head: Buffer;
  body: Buffer | null;
}

/**
 * Both boxes of every message. Messages are held: a body that is dropped meanwhile must not come back. None can be
 * queued meanwhile, since that holds the identity's key.
 */
export async function resealMessages(
  session: Session,
  { poolId, changes }: { poolId: PoolId; vault: PoolVault; changes: KeyChanges },
): Promise<void> {
  const { rows } = await session.query<Row>({ text: LIST, parameters: [poolId, [...changes.keys()]] });
  for (const row of rows) {
    const boxes = reseal(changes, row);
    if (boxes === null) continue;
    await session.query({ text: REPLACE, parameters: [poolId, row.id, boxes.head, boxes.body] });
  }
}

/** @returns Null when a box does not open: it did not before either. */
function reseal(changes: KeyChanges, row: Row): { head: Buffer; body: Buffer | null } | null {
  const keys = changes.get(row.identity_id);
  if (keys === undefined) return null;
  try {
    return resealContent(keys, row);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
