import type { IdentityInsert, WriteOutcome } from '../../core/identities/ports.ts';
import type { PoolId } from '../../core/ports.ts';
import { isUniqueViolation } from '../errors.ts';
import type { Session, Statement } from '../session.ts';
import { idList, numberList, once, onceTimes, packed, placesOf } from './batch-columns.ts';
import { useUpKey } from './key-identities.ts';
import { stampParameters, unheardSql } from './stamp-sql.ts';
import { nextSlot, tallyParameters, tallySql } from './tally.ts';

// What `insertIdentity` writes of one identity, of many: a statement a table, the parent's first, totals last, because
// other writers wait for these until the transaction ends. What rows share is sent, read and parsed once (batch-columns.ts).
const HELD = `
  select 1 as one from pool_states
  where pool_id = $1::uuid and config_version = $2::integer for key share`;

const RECORDS = `
  insert into identities (pool_id, id, schema_id, profile, standing, credentials, created_at, updated_at)
  select $1::uuid, u.id, ($5::text[])[u.schema], substring($7::bytea, u.profile, u.profile_size),
    ($10::jsonb[])[u.standing], substring($12::bytea, u.credentials, u.credentials_size),
    ($3::timestamptz[])[u.at], ($3::timestamptz[])[u.at]
  from unnest($2::uuid[], $4::integer[], $6::integer[], $8::integer[], $9::integer[], $11::integer[], $13::integer[],
    $14::integer[]) as u(id, at, schema, profile, profile_size, standing, credentials, credentials_size)`;

const KEYS = `
  insert into identity_keys (pool_id, identity_id, wrapped)
  select $1::uuid, u.id, substring($3::bytea, u.wrapped, u.size)
  from unnest($2::uuid[], $4::integer[], $5::integer[]) as u(id, wrapped, size)`;

const CLAIMS = `
  insert into identifiers (pool_id, space, digest, identity_id)
  select $1::uuid, ($3::text[])[u.space], substring($5::bytea, u.digest, u.size), u.id
  from unnest($2::uuid[], $4::integer[], $6::integer[], $7::integer[]) as u(id, space, digest, size)`;

const SEARCH_KEYS = `
  insert into search_keys (pool_id, identity_id, key, created_at)
  select $1::uuid, u.id, u.key, ($4::timestamptz[])[u.at]
  from unnest($2::uuid[], $3::uuid[], $5::integer[]) as u(id, key, at)
  on conflict (pool_id, identity_id, key) do nothing`;

const GRAMS = `
  insert into search_grams (pool_id, identity_id, space, grams)
  select $1::uuid, u.id, ($3::text[])[u.space], ($5::bigint[])[u.first:u.last]
  from unnest($2::uuid[], $4::integer[], $6::integer[], $7::integer[]) as u(id, space, first, last)`;

/** Between names of fields, which hold no such character. */
const SEPARATOR = '\u001f';

const AUDIT = `
  insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
  select $1::uuid, u.id, ($4::timestamptz[])[u.at], ($6::uuid[])[u.key], ($8::text[])[u.request],
    ($10::text[])[u.action], u.subject_id, string_to_array(($12::text[])[u.fields], '${SEPARATOR}'),
    ($14::bytea[])[u.origin]
  from unnest($2::uuid[], $3::uuid[], $5::integer[], $7::integer[], $9::integer[], $11::integer[], $13::integer[],
    $15::integer[]) as u(id, subject_id, at, key, request, action, fields, origin)`;

const OUTBOX = `
  insert into outbox (pool_id, id, at, type, subject_id, fields, subject_version, data, fanned_out_at)
  select $1::uuid, u.id, ($4::timestamptz[])[u.at], ($6::text[])[u.type], u.subject_id,
    string_to_array(($8::text[])[u.fields], '${SEPARATOR}'), 1, ($10::jsonb[])[u.data],
    ${unheardSql('($4::timestamptz[])[u.at]')}
  from unnest($2::uuid[], $3::uuid[], $5::integer[], $7::integer[], $9::integer[], $11::integer[])
    as u(id, subject_id, at, type, fields, data)`;

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
  const { names, deltas } = tallyParameters(sumOf(inserts));
  return [
    { text: RECORDS, parameters: [poolId, ...recordColumns(inserts)] },
    { text: KEYS, parameters: [poolId, ...keyColumns(inserts)] },
    { text: CLAIMS, parameters: [poolId, ...claimColumns(inserts)] },
    { text: SEARCH_KEYS, parameters: [poolId, ...searchKeyColumns(inserts)] },
    { text: GRAMS, parameters: [poolId, ...gramColumns(inserts)] },
    { text: AUDIT, parameters: [poolId, ...auditColumns(inserts)] },
    { text: OUTBOX, parameters: [poolId, ...outboxColumns(inserts)] },
    { text: TALLIES, parameters: [poolId, names, deltas, nextSlot()] },
  ];
}

function recordColumns(inserts: readonly IdentityInsert[]): unknown[] {
  return [
    idList(inserts.map(({ id }) => id)),
    ...onceTimes(inserts.map(({ stamp }) => stamp.at)),
    ...once(inserts.map(({ schemaId }) => schemaId)),
    ...packed(inserts.map(({ profile }) => profile)),
    ...once(inserts.map(({ standing }) => JSON.stringify(standing))),
    ...packed(inserts.map(({ credentials }) => credentials)),
  ];
}

function keyColumns(inserts: readonly IdentityInsert[]): unknown[] {
  return [idList(inserts.map(({ id }) => id)), ...packed(inserts.map(({ wrappedKey }) => wrappedKey))];
}

/** In one order for every writer, so that two of them cannot deadlock. */
function claimColumns(inserts: readonly IdentityInsert[]): unknown[] {
  const claims = inserts
    .flatMap(({ id, claims: own }) => own.map(({ space, digest }) => ({ id, space, digest })))
    .sort((a, b) => (a.space === b.space ? a.digest.compare(b.digest) : a.space < b.space ? -1 : 1));
  return [
    idList(claims.map(({ id }) => id)),
    ...once(claims.map(({ space }) => space)),
    ...packed(claims.map(({ digest }) => digest)),
  ];
}

function searchKeyColumns(inserts: readonly IdentityInsert[]): unknown[] {
  const keys = inserts.flatMap(({ id, searchKeys, stamp: { at } }) =>
    searchKeys.map((key) => ({ id, key, at })),
  );
  return [
    idList(keys.map(({ id }) => id)),
    idList(keys.map(({ key }) => key)),
    ...onceTimes(keys.map(({ at }) => at)),
  ];
}

function gramColumns(inserts: readonly IdentityInsert[]): unknown[] {
  const changes = inserts.flatMap(({ id, grams: own }) =>
    own.map(({ space, grams }) => ({ id, space, grams: grams ?? new BigInt64Array() })),
  );
  const { starts, sizes } = placesOf(changes.map(({ grams }) => grams.length));
  return [
    idList(changes.map(({ id }) => id)),
    ...once(changes.map(({ space }) => space)),
    numberList(changes.flatMap(({ grams }) => (grams.length === 0 ? [] : [grams.join()]))),
    numberList(starts),
    numberList(starts.map((start, index) => start + (sizes[index] ?? 0) - 1)),
  ];
}

function auditColumns(inserts: readonly IdentityInsert[]): unknown[] {
  return [
    idList(inserts.map(({ stamp }) => stamp.auditId)),
    idList(inserts.map(({ event }) => event.subjectId)),
    ...onceTimes(inserts.map(({ stamp }) => stamp.at)),
    ...once(inserts.map(({ stamp }) => stamp.keyId)),
    ...once(inserts.map(({ stamp }) => stamp.requestId)),
    ...once(inserts.map(({ event }) => event.action)),
    ...once(inserts.map(({ event }) => event.fields.join(SEPARATOR))),
    // One request's is sealed once, so that it is one object.
    ...once(inserts.map(({ stamp }) => stamp.origin)),
  ];
}

function outboxColumns(inserts: readonly IdentityInsert[]): unknown[] {
  const events = inserts.flatMap((insert) => {
    const { announcements, event, stamp } = insert;
    const data = stampParameters(insert).at(-1);
    return announcements.map(({ id, type }) => ({ id, type, event, at: stamp.at, data }));
  });
  return [
    idList(events.map(({ id }) => id)),
    idList(events.map(({ event }) => event.subjectId)),
    ...onceTimes(events.map(({ at }) => at)),
    ...once(events.map(({ type }) => type)),
    ...once(events.map(({ event }) => event.fields.join(SEPARATOR))),
    ...once(events.map(({ data }) => data)),
  ];
}

function sumOf(inserts: readonly IdentityInsert[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { tallies } of inserts) for (const [name, n] of tallies) sum.set(name, (sum.get(name) ?? 0) + n);
  return sum;
}
