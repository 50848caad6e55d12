import { SealBroken } from '../../core/errors.ts';
import type { DataKey, IdentityId, PoolId, PoolVault } from '../../core/ports.ts';
import type { KeyChanges } from '../../core/rotation/ports.ts';
import type { Session } from '../session.ts';
import { resealMessages } from './courier-boxes.ts';
import { resealDocuments } from './document-boxes.ts';
import { resealOutsideTokens } from './outside-token-boxes.ts';
import { resealRelationships } from './relationship-boxes.ts';
import { resealSessions } from './session-boxes.ts';

/**
 * Re-seals one kind of box that lies under identities' data keys, within the transaction that changes those keys.
 * The identities' rows are locked. So whoever writes such a box either raises its identity's version in the same
 * transaction or makes it in the transaction that makes the identity; and whoever reads box and key in two statements
 * reads both again when the box does not open.
 *
 * @param input.changes Old and new key of each identity of the batch. A box under two identities' keys may lie under
 *   one that is not among them: `vault` opens that one's key.
 */
export type ResealBoxes = (
  session: Session,
  input: { readonly poolId: PoolId; readonly vault: PoolVault; readonly changes: KeyChanges },
) => Promise<void>;

/** Every kind of box beside an identity's own row. Whoever adds a kind adds it here. */
export const BOXES_UNDER_DATA_KEYS: readonly ResealBoxes[] = [
  resealReplies,
  resealRelationships,
  resealDocuments,
  resealMessages,
  resealSessions,
  resealOutsideTokens,
];

interface ReplyRow {
  pool_id: PoolId;
  digest: Buffer;
  identity_id: IdentityId;
  reply: Buffer;
}

// A key with the `account` grant makes identities of other pools than its own, and the reply is kept with the key's.
const LIST_POOLS = `
  select p.id from pools p where p.account_id = (select own.account_id from pools own where own.id = $1::uuid)
  order by p.id`;

const LIST_REPLIES = `/* scatter: the account's pools */
  select pool_id, digest, sealed_for_identity as identity_id, reply from idempotent_replies
  where pool_id = any($1::uuid[]) and sealed_for_identity = any($2::uuid[])
  order by pool_id, digest`;

const REPLACE_REPLY = `
  update idempotent_replies set reply = $4::bytea
  where pool_id = $1::uuid and digest = $2::bytea and reply = $3::bytea`;

async function resealReplies(
  session: Session,
  { poolId, changes }: Parameters<ResealBoxes>[1],
): Promise<void> {
  const pools = await session.query<{ id: PoolId }>({ text: LIST_POOLS, parameters: [poolId] });
  const { rows } = await session.query<ReplyRow>({
    text: LIST_REPLIES,
    parameters: [pools.rows.map(({ id }) => id), [...changes.keys()]],
  });
  await Promise.all(
    rows.map(async (row) => {
      const keys = changes.get(row.identity_id);
      if (keys === undefined) return;
      const reply = reseal(keys, row.reply);
      if (reply === null) return;
      await session.query({
        text: REPLACE_REPLY,
        parameters: [row.pool_id, row.digest, row.reply, reply],
      });
    }),
  );
}

/** @returns Null when the reply does not open: it did not before either, and must not keep the rest. */
function reseal({ from, to }: { from: DataKey; to: DataKey }, sealed: Buffer): Buffer | null {
  try {
    const plaintext = from.open('reply', sealed);
    const again = to.seal('reply', plaintext);
    plaintext.fill(0);
    return again;
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
