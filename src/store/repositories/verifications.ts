import type { IdentityId, PoolId } from '../../core/ports.ts';
import type {
  SessionStatus,
  StoredVerification,
  VerificationChange,
  VerificationFacts,
  VerificationId,
  VerificationStore,
} from '../../core/verification/ports.ts';
import type { Session } from '../session.ts';
import { stampParameters, stampSql } from './stamp-sql.ts';

const COLUMNS = `v.id, v.identity_id, v.external_ref, v.status, v.version, v.facts, v.content, v.created_at,
  v.updated_at, v.ended_at, v.redacted_at, k.wrapped, s.config_version`;
const JOINS = `
  left join verification_keys k on k.pool_id = $1::uuid and k.verification_id = v.id
  join pool_states s on s.pool_id = $1::uuid`;

const FIND = `
  select ${COLUMNS} from verifications v ${JOINS} where v.pool_id = $1::uuid and v.id = any($2::uuid[])`;

const LIST_OF_IDENTITY = `
  select ${COLUMNS} from verifications v ${JOINS}
  where v.pool_id = $1::uuid and v.identity_id = $2::uuid
  order by v.id desc offset $3::bigint limit $4::integer`;

// Of identities that the kyc surface shows.
const SHOWN = `
  join identities i on i.pool_id = $1::uuid and i.id = v.identity_id
  where v.pool_id = $1::uuid and v.identity_id is not null and i.is_open and i.verification_status <> 'merged'`;

// The configuration held still, so that a key is never wrapped under a pool key that everybody believes to be gone.
const INSERT = `
  with held as (
      select 1 as one from pool_states
      where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer
      for key share),
    record as (
      insert into verifications (pool_id, id, external_ref, status, facts, content, created_at, updated_at, identity_id)
      select $1::uuid, $3::uuid, $4::text, $5::text, $6::text::jsonb, $7::bytea, $8::timestamptz, $8::timestamptz,
             $10::uuid
      from held
      returning id, version),
    keyed as (
      insert into verification_keys (pool_id, verification_id, wrapped)
      select $1::uuid, $3::uuid, $9::bytea from record
      returning 1),
    ${stampSql(11)}
  select count(*)::integer as n from record`;

const CHANGE = `
  with record as (
      update verifications
      set identity_id = $4::uuid, status = $5::text, facts = $6::text::jsonb, content = $7::bytea,
          has_result = $8::boolean, updated_at = $9::timestamptz, ended_at = $10::timestamptz,
          redacted_at = $11::timestamptz, version = version + 1
      where verifications.pool_id = $1::uuid and verifications.id = $2::uuid and verifications.version = $3::integer
      returning id, version),
    ${stampSql(12)}
  select count(*)::integer as n from record`;

// What destroys a session's content for good, after its row was changed in the same transaction.
const ERASE = [
  'delete from verification_keys where pool_id = $1::uuid and verification_id = $2::uuid',
  'delete from idempotent_replies where pool_id = $1::uuid and sealed_for_identity = $2::uuid',
];

// One statement, so that of many at once no two take the last one.
const TAKE_QUOTA = `
  insert into quota_uses (pool_id, name, window_start, used)
  select $1::uuid, $2::text, $3::timestamptz, 1 where $4::integer > 0
  on conflict (pool_id, name, window_start) do update set used = quota_uses.used + 1
    where quota_uses.used < $4::integer
  returning used`;

const QUOTA_USED = `
  select used from quota_uses where pool_id = $1::uuid and name = $2::text and window_start = $3::timestamptz`;

interface Row {
  id: VerificationId;
  identity_id: IdentityId | null;
  external_ref: string | null;
  status: SessionStatus;
  version: number;
  facts: VerificationFacts;
  content: Buffer | null;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
  redacted_at: Date | null;
  wrapped: Buffer | null;
  config_version: number;
}

function toVerification(poolId: PoolId, row: Row): StoredVerification {
  return {
    poolId,
    id: row.id,
    identityId: row.identity_id,
    externalRef: row.external_ref,
    status: row.status,
    version: row.version,
    facts: row.facts,
    content: row.content,
    wrappedKey: row.wrapped,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    redactedAt: row.redacted_at,
    configVersion: row.config_version,
  };
}

export function createVerificationStore(session: Session): VerificationStore {
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;
  const wrote = async (text: string, parameters: readonly unknown[]): Promise<'done' | 'stale'> =>
    (await all<{ n: number }>(text, parameters))[0]?.n === 1 ? 'done' : 'stale';

  return {
    async findVerification(poolId, id) {
      const [row] = await all<Row>(FIND, [poolId, [id]]);
      return row === undefined ? null : toVerification(poolId, row);
    },
    async findVerifications(poolId, ids) {
      return (await all<Row>(FIND, [poolId, ids])).map((row) => toVerification(poolId, row));
    },

    async listVerifications(poolId, { status, externalRef, offset, limit }) {
      const given: unknown[] = [poolId];
      let where = '';
      // A text for each set of filters, so that each is planned with the index that serves it.
      if (status !== null) where += ` and v.status = $${given.push(status)}::text`;
      if (externalRef !== null) where += ` and v.external_ref = $${given.push(externalRef)}::text`;
      const counted = `select count(*)::integer as n from verifications v where v.pool_id = $1::uuid${where}`;
      // Skipped rows are counted off the index alone; only the page's rows are fetched whole.
      const listed = `
        select ${COLUMNS} from (
          select v.id from verifications v where v.pool_id = $1::uuid${where}
          order by v.id desc offset $${given.length + 1}::bigint limit $${given.length + 2}::integer) page
        join verifications v on v.pool_id = $1::uuid and v.id = page.id ${JOINS}
        order by page.id desc`;
      const [count, rows] = await Promise.all([
        all<{ n: number }>(counted, given),
        all<Row>(listed, [...given, offset, limit]),
      ]);
      return { items: rows.map((row) => toVerification(poolId, row)), total: count[0]?.n ?? 0 };
    },

    async listOfIdentity(poolId, identityId, { offset, limit }) {
      const rows = await all<Row>(LIST_OF_IDENTITY, [poolId, identityId, offset, limit]);
      return rows.map((row) => toVerification(poolId, row));
    },

    async listLinked(poolId, { identityId, offset, limit }) {
      const given: unknown[] = [poolId];
      // A text of its own, so that it is planned with the index of one identity's.
      const mine = identityId === null ? '' : ` and v.identity_id = $${given.push(identityId)}::uuid`;
      const counted = `select count(*)::integer as n from verifications v ${SHOWN}${mine}`;
      const listed = `
        select ${COLUMNS} from (
          select v.id from verifications v ${SHOWN}${mine}
          order by v.id desc offset $${given.length + 1}::bigint limit $${given.length + 2}::integer) page
        join verifications v on v.pool_id = $1::uuid and v.id = page.id ${JOINS}
        order by page.id desc`;
      const [count, rows] = await Promise.all([
        all<{ n: number }>(counted, given),
        all<Row>(listed, [...given, offset, limit]),
      ]);
      return { items: rows.map((row) => toVerification(poolId, row)), total: count[0]?.n ?? 0 };
    },

    insertVerification({ verification, ...mark }) {
      const { poolId, configVersion, id, externalRef, status, facts, content, createdAt, wrappedKey } =
        verification;
      return wrote(INSERT, [
        ...[poolId, configVersion, id, externalRef, status, JSON.stringify(facts), content, createdAt],
        ...[wrappedKey, verification.identityId],
        ...stampParameters(mark),
      ]);
    },

    async changeVerification(change: VerificationChange) {
      const { verification, erases, ...mark } = change;
      const { poolId, id, version, identityId, status, facts, content, updatedAt } = verification;
      const outcome = await wrote(CHANGE, [
        ...[poolId, id, version, identityId, status, JSON.stringify(facts), content],
        ...[facts.result !== undefined, updatedAt, verification.endedAt, verification.redactedAt],
        ...stampParameters(mark),
      ]);
      if (outcome === 'stale' || !erases) return outcome;
      for (const text of ERASE) await session.query({ text, parameters: [poolId, id] });
      return outcome;
    },

    async takeQuota(poolId, { name, windowStart, limit }) {
      const [row] = await all<{ used: number }>(TAKE_QUOTA, [poolId, name, windowStart, limit]);
      return row?.used ?? null;
    },
    async quotaUsed(poolId, { name, windowStart }) {
      const [row] = await all<{ used: number }>(QUOTA_USED, [poolId, name, windowStart]);
      return row?.used ?? 0;
    },
  };
}
