import type { IdempotentReply } from '../../core/pools/ports.ts';
import type { PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

// An expired row gives way to a new one; a live one stays, and nothing is returned.
const INSERT = `
  insert into idempotent_replies
    (pool_id, digest, request_digest, sealed_for_pool, sealed_for_identity, reply, expires_at)
  values ($1::uuid, $2::bytea, $3::bytea, $4::uuid, $5::uuid, $6::bytea, $7::timestamptz)
  on conflict (pool_id, digest) do update
    set request_digest = excluded.request_digest, sealed_for_pool = excluded.sealed_for_pool,
        sealed_for_identity = excluded.sealed_for_identity, reply = excluded.reply, expires_at = excluded.expires_at
    where idempotent_replies.expires_at <= $8::timestamptz
  returning 1 as n`;

const FIND = `
  select request_digest, sealed_for_pool, sealed_for_identity, reply, expires_at
  from idempotent_replies
  where pool_id = $1::uuid and digest = $2::bytea and expires_at > $3::timestamptz`;

/** @returns False when another request holds the digest. Waits for one that is being written. */
export async function insertReply(session: Session, reply: IdempotentReply, now: Date): Promise<boolean> {
  const { rows } = await session.query({
    text: INSERT,
    parameters: [
      reply.poolId,
      reply.digest,
      reply.requestDigest,
      reply.sealedFor?.poolId ?? null,
      reply.sealedFor?.identityId ?? null,
      reply.reply,
      reply.expiresAt,
      now,
    ],
  });
  return rows.length === 1;
}

interface Row {
  request_digest: Buffer;
  sealed_for_pool: PoolId | null;
  sealed_for_identity: string | null;
  reply: Buffer;
  expires_at: Date;
}

export async function findReply(
  session: Session,
  poolId: PoolId,
  digest: Buffer,
  now: Date,
): Promise<IdempotentReply | null> {
  const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId, digest, now] });
  const [row] = rows;
  if (row === undefined) return null;
  const { sealed_for_pool: sealedPool, sealed_for_identity: identityId } = row;
  return {
    poolId,
    digest,
    requestDigest: row.request_digest,
    sealedFor: sealedPool === null || identityId === null ? null : { poolId: sealedPool, identityId },
    reply: row.reply,
    expiresAt: row.expires_at,
  };
}
