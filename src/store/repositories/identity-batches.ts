import type { IdentityInsert, WriteOutcome } from '../../core/identities/ports.ts';
import type { PoolId } from '../../core/ports.ts';
import { isUniqueViolation } from '../errors.ts';
import type { Session, Statement } from '../session.ts';
import { useUpKey } from './key-identities.ts';
import { stampParameters } from './stamp-sql.ts';
import { nextSlot, tallyParameters, tallySql } from './tally.ts';

// What `insertIdentity` writes of one identity, of many: a statement a table, the parent's first, totals last, because
// other writers wait for these until the transaction ends.
const HELD = `
  select 1 as one from pool_states
  where pool_id = $1::uuid and config_version = $2::integer for key share`;

const RECORDS = `
  insert into identities (pool_id, id, schema_id, profile, standing, credentials, created_at, updated_at)
  select $1::uuid, u.id, u.schema_id, u.profile, u.standing::jsonb, u.credentials, u.at, u.at
  from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::timestamptz[])
    as u(id, schema_id, profile, standing, credentials, at)`;

const KEYS = `
  insert into identity_keys (pool_id, identity_id, wrapped)
  select $1::uuid, u.id, u.wrapped from unnest($2::uuid[], $3::bytea[]) as u(id, wrapped)`;

const CLAIMS = `
  insert into identifiers (pool_id, space, digest, identity_id)
  select $1::uuid, u.space, u.digest, u.id from unnest($2::uuid[], $3::text[], $4::bytea[]) as u(id, space, digest)`;

const SEARCH_KEYS = `
  insert into search_keys (pool_id, identity_id, key, created_at)
  select $1::uuid, u.id, u.key, u.at from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as u(id, key, at)
  on conflict (pool_id, identity_id, key) do nothing`;

const GRAMS = `
  insert into search_grams (pool_id, identity_id, space, grams)
  select $1::uuid, u.id, u.space, string_to_array(u.grams, ',')::bigint[]
  from unnest($2::uuid[], $3::text[], $4::text[]) as u(id, space, grams)`;

/** Between names of fields, which hold no such character. */
const SEPARATOR = '\u001f';

const AUDIT = `
  insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
  select $1::uuid, u.id, u.at, u.key_id, u.request_id, u.action, u.subject_id,
    string_to_array(u.fields, '${SEPARATOR}'), u.origin
  from unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::bytea[])
    as u(id, at, key_id, request_id, action, subject_id, fields, origin)`;

const OUTBOX = `
  insert into outbox (pool_id, id, at, type, subject_id, fields, subject_version, data)
  select $1::uuid, u.id, u.at, u.type, u.subject_id, string_to_array(u.fields, '${SEPARATOR}'), 1, u.data::jsonb
  from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[])
    as u(id, at, type, subject_id, fields, data)`;

const TALLIES = `
  with record as (select 1 as one),
    ${tallySql({ names: 2, deltas: 3, slot: 4 })}
  select count(*)::integer as n from counted`;

/** @see IamIdentityStore.insertMany */
export async function insertMany(
  session: Session,
  inserts: readonly IdentityInsert[],
): Promise<Exclude<WriteOutcome, 'replied'>> {
  const [first] = inserts;
  if (first === undefined) return 'done';
  const { poolId, configVersion } = first;
  const statements = statementsOf(poolId, inserts);
  try {
    return await session.transaction(async (tx) => {
      const { rows } = await tx.query({ text: HELD, parameters: [poolId, configVersion] });
      if (rows.length === 0) return 'stale';
      const [limited, ...others] = inserts.filter(({ limitedKeyId }) => limitedKeyId !== null);
      if (others.length > 0 || (limited !== undefined && !(await useUpKey(tx, limited)))) return 'limited';
      for (const statement of statements) await tx.query(statement);
      return 'done';
    });
  } catch (error) {
    // An identifier's: every other key in them is an id made for this write.
    if (isUniqueViolation(error)) return 'taken';
    throw error;
  }
}

function statementsOf(poolId: PoolId, inserts: readonly IdentityInsert[]): Statement[] {
  const statement = (text: string, rows: readonly (readonly unknown[])[], width: number): Statement => ({
    text,
    parameters: [poolId, ...Array.from({ length: width }, (_, column) => rows.map((row) => row[column]))],
  });
  const { names, deltas } = tallyParameters(sumOf(inserts));
  return [
    statement(RECORDS, inserts.map(recordRow), 6),
    statement(
      KEYS,
      inserts.map(({ id, wrappedKey }) => [id, wrappedKey]),
      2,
    ),
    statement(CLAIMS, claimRows(inserts), 3),
    statement(
      SEARCH_KEYS,
      inserts.flatMap(({ id, searchKeys, stamp }) => searchKeys.map((key) => [id, key, stamp.at])),
      3,
    ),
    statement(GRAMS, inserts.flatMap(gramRows), 3),
    statement(AUDIT, inserts.map(auditRow), 8),
    statement(OUTBOX, inserts.flatMap(outboxRows), 6),
    { text: TALLIES, parameters: [poolId, names, deltas, nextSlot()] },
  ];
}

function recordRow(insert: IdentityInsert): unknown[] {
  const { id, schemaId, profile, standing, credentials, stamp } = insert;
  return [id, schemaId, profile, JSON.stringify(standing), credentials, stamp.at];
}

/** In one order for every writer, so that two of them cannot deadlock. */
function claimRows(inserts: readonly IdentityInsert[]): unknown[][] {
  return inserts
    .flatMap(({ id, claims }) => claims.map(({ space, digest }) => ({ id, space, digest })))
    .sort((a, b) => (a.space === b.space ? a.digest.compare(b.digest) : a.space < b.space ? -1 : 1))
    .map(({ id, space, digest }) => [id, space, digest]);
}

function gramRows({ id, grams: changes }: IdentityInsert): unknown[][] {
  return changes.map(({ space, grams }) => [id, space, (grams ?? []).join()]);
}

function auditRow(insert: IdentityInsert): unknown[] {
  const { stamp, event } = insert;
  const { auditId, at, keyId, requestId, origin } = stamp;
  const fields = event.fields.join(SEPARATOR);
  return [auditId, at, keyId, requestId, event.action, event.subjectId, fields, origin];
}

function outboxRows(insert: IdentityInsert): unknown[][] {
  const { stamp, event, announcements } = insert;
  const data = stampParameters(insert).at(-1);
  const fields = event.fields.join(SEPARATOR);
  return announcements.map(({ id, type }) => [id, stamp.at, type, event.subjectId, fields, data]);
}

function sumOf(inserts: readonly IdentityInsert[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { tallies } of inserts) for (const [name, n] of tallies) sum.set(name, (sum.get(name) ?? 0) + n);
  return sum;
}
