import type {
  IdentifierClaim,
  IdentityChange,
  IdentityInsert,
  WriteOutcome,
} from '../../core/identities/ports.ts';
import { isUniqueViolation } from '../errors.ts';
import type { Session } from '../session.ts';
import { useUpKey } from './key-identities.ts';
import { insertReply } from './replies.ts';
import { stampParameters, stampSql } from './stamp-sql.ts';
import { nextSlot, tallyParameters, tallySql } from './tally.ts';

// One statement a write (SQL.md rule 5): the configuration held still, then the record, then what belongs to it.
const HELD = `held as (
      select 1 as one from pool_states
      where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer
      for key share)`;

/** @param at Numbers of the parameters with spaces and digests. */
function claimSql(at: { spaces: number; digests: number }): string {
  return `claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, u.space, decode(u.digest, 'hex'), $3::uuid
      from record, unnest($${at.spaces}::text[], $${at.digests}::text[]) as u(space, digest)
      returning 1)`;
}

/** @param keys Number of the parameter. @param when Number of the one with the time. */
function searchSql(keys: number, when: number): string {
  return `findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, $3::uuid, u.key, $${when}::timestamptz
      from record, unnest($${keys}::uuid[]) as u(key)
      on conflict (pool_id, identity_id, key) do nothing
      returning 1)`;
}

/** @param at Numbers of the parameters with the spaces and with the grams of each, joined by commas. */
function gramSql(at: { spaces: number; grams: number }): string {
  return `grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, $3::uuid, u.space, string_to_array(u.grams, ',')::bigint[]
      from record, unnest($${at.spaces}::text[], $${at.grams}::text[]) as u(space, grams)
      on conflict (pool_id, identity_id, space) do update set grams = excluded.grams
      returning 1)`;
}

/** Makes an identity; `insertParameters` gives $1 to $28. */
export const INSERT_PARTS = `${HELD},
    record as (
      insert into identities (pool_id, id, schema_id, profile, standing, credentials, created_at, updated_at)
      select $1::uuid, $3::uuid, $4::text, $5::bytea, $8::text::jsonb, $9::bytea, $6::timestamptz, $6::timestamptz
      from held
      returning id, version),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped)
      select $1::uuid, $3::uuid, $7::bytea from record
      returning 1),
    ${claimSql({ spaces: 10, digests: 11 })},
    ${searchSql(12, 6)},
    ${gramSql({ spaces: 13, grams: 14 })},
    ${tallySql({ names: 15, deltas: 16, slot: 17 })},
    ${stampSql(18)}`;
const INSERT = `with ${INSERT_PARTS} select count(*)::integer as n from record`;

/** Up to its condition on other parts; `profileParameters` gives $1 to $12. */
export const RECORD = `
      update identities
      set status = $4::text, profile = $5::bytea, seen = $6::bytea, last_seen_at = $7::timestamptz,
          standing = $10::text::jsonb, credentials = $11::bytea, schema_id = $12::text,
          version = version + 1, updated_at = $8::timestamptz
      where identities.pool_id = $1::uuid and identities.id = $3::uuid and identities.version = $9::integer`;

const CHANGE = `
  with ${HELD},
    record as (${RECORD}
        and exists (select 1 from held)
      returning id, version),
    released as (
      delete from identifiers using record
      where identifiers.pool_id = $1::uuid and identifiers.identity_id = record.id
        and ($13::boolean and identifiers.space <> all($26::text[]) or exists (
          select 1 from unnest($14::text[], $15::text[]) as u(space, digest)
          where u.space = identifiers.space and decode(u.digest, 'hex') = identifiers.digest))
      returning 1),
    hidden as (
      delete from search_keys using record
      where search_keys.pool_id = $1::uuid and search_keys.identity_id = record.id
        and ($18::boolean or search_keys.key = any($19::uuid[]))
      returning 1),
    ${claimSql({ spaces: 16, digests: 17 })},
    ${searchSql(20, 8)},
    ${gramSql({ spaces: 21, grams: 22 })},
    ${tallySql({ names: 23, deltas: 24, slot: 25 })},
    ${stampSql(27)}
  select count(*)::integer as n from record`;

// Most changes touch neither what finds the record nor totals; their statement does not name those tables. Nor does it
// hold the configuration: whoever changes that reads identifiers and totals only, so such a write and such a change come
// out as if one had been made after the other. (Locks of many writers on one row cost more than the rest of the write.)
const CHANGE_PROFILE = `
  with record as (${RECORD}
        and exists (
          select 1 from pool_states
          where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer)
      returning id, version),
    ${stampSql(13)}
  select count(*)::integer as n from record`;

// What destroys an identity for good (R8), after its row was changed in the same transaction.
const ERASE = [
  'delete from identity_keys where pool_id = $1::uuid and identity_id = $2::uuid',
  'delete from idempotent_replies where pool_id = $1::uuid and sealed_for_identity = $2::uuid',
  'update relationships set metadata = null where pool_id = $1::uuid and identity_id = $2::uuid',
  'update relationships set metadata = null where pool_id = $1::uuid and related_id = $2::uuid',
  'delete from courier_messages where pool_id = $1::uuid and identity_id = $2::uuid',
  'delete from sessions where pool_id = $1::uuid and identity_id = $2::uuid',
  // Only digests stay: what was revoked is refused further on.
  'update identify_outside_refresh set box = null where pool_id = $1::uuid and identity_id = $2::uuid',
  // Without the key the files are noise; a job deletes them afterwards.
  `insert into blob_removals (pool_id, object_name)
   select distinct $1::uuid, d.object_name from documents d where d.pool_id = $1::uuid and d.identity_id = $2::uuid
   on conflict (pool_id, object_name) do nothing`,
  'delete from documents where pool_id = $1::uuid and identity_id = $2::uuid',
];

export function insertParameters(insert: IdentityInsert): unknown[] {
  const { names, deltas } = tallyParameters(insert.tallies);
  return [
    insert.poolId,
    insert.configVersion,
    insert.id,
    insert.schemaId,
    insert.profile,
    insert.stamp.at,
    insert.wrappedKey,
    JSON.stringify(insert.standing),
    insert.credentials,
    ...claimParameters(insert.claims),
    insert.searchKeys,
    ...gramParameters(insert.grams),
    names,
    deltas,
    nextSlot(),
    ...stampParameters(insert),
  ];
}

export async function insertIdentity(session: Session, insert: IdentityInsert): Promise<WriteOutcome> {
  const statement = { text: INSERT, parameters: insertParameters(insert) };
  const { reply, limitedKeyId } = insert;
  if (reply === null && limitedKeyId === null) return write(session, statement);
  return refusing(() =>
    session.transaction(async (tx) => {
      if (reply !== null && !(await insertReply(tx, reply, insert.stamp.at))) return 'replied';
      if (!(await useUpKey(tx, insert))) return orUndo('limited');
      return orUndo(await sent(tx, statement));
    }),
  );
}

export async function changeIdentity(session: Session, change: IdentityChange): Promise<WriteOutcome> {
  const statement = changeStatement(change);
  const { reply, erases, poolId, id } = change;
  if (reply === null && !erases) return write(session, statement);
  return refusing(() =>
    session.transaction(async (tx) => {
      orUndo(await sent(tx, statement));
      if (erases) for (const text of ERASE) await tx.query({ text, parameters: [poolId, id] });
      // After the rest: erasing removes the replies that were kept for the identity, not its own.
      const isFirst = reply === null || (await insertReply(tx, reply, change.stamp.at));
      return orUndo(isFirst ? 'done' : 'replied');
    }),
  );
}

/** $1 to $12 of `RECORD`, then those of `stampSql(13)`; null where more changes than the row. */
export function profileParameters(change: IdentityChange): unknown[] | null {
  const { released, claimed, keysRemoved, keysAdded, grams, tallies, reply, erases } = change;
  const others = released.length + claimed.length + keysRemoved.length + keysAdded.length + grams.length;
  // Of 'all', too, the length is not 0.
  if (others > 0 || tallyParameters(tallies).names.length > 0 || reply !== null || erases) return null;
  return [...recordParameters(change), ...stampParameters(change)];
}

function recordParameters(change: IdentityChange): unknown[] {
  return [
    change.poolId,
    change.configVersion,
    change.id,
    change.status,
    change.profile,
    change.seen,
    change.lastSeenAt,
    change.stamp.at,
    change.version,
    JSON.stringify(change.standing),
    change.credentials,
    change.schemaId,
  ];
}

function changeStatement(change: IdentityChange): Parameters<Session['query']>[0] {
  const ofProfile = profileParameters({ ...change, reply: null, erases: false });
  if (ofProfile !== null) return { text: CHANGE_PROFILE, parameters: ofProfile };
  const { names, deltas } = tallyParameters(change.tallies);
  const releasesAll = change.released === 'all';
  const released = change.released === 'all' ? [] : change.released;
  const hidesAll = change.keysRemoved === 'all';
  const hidden = change.keysRemoved === 'all' ? [] : change.keysRemoved;
  return {
    text: CHANGE,
    parameters: [
      ...recordParameters(change),
      releasesAll,
      ...claimParameters(released),
      ...claimParameters(change.claimed),
      hidesAll,
      hidden,
      [...change.keysAdded].sort(),
      ...gramParameters(change.grams),
      names,
      deltas,
      nextSlot(),
      change.keptSpaces,
      ...stampParameters(change),
    ],
  };
}

/** Undoes a transaction whose outcome is an answer rather than a failure. */
class Undo extends Error {
  readonly outcome: WriteOutcome;
  constructor(outcome: WriteOutcome) {
    super('undone');
    this.outcome = outcome;
  }
}

function orUndo(outcome: WriteOutcome): WriteOutcome {
  if (outcome !== 'done') throw new Undo(outcome);
  return outcome;
}

async function sent(session: Session, statement: Parameters<Session['query']>[0]): Promise<WriteOutcome> {
  const { rows } = await session.query<{ n: number }>(statement);
  return rows[0]?.n === 1 ? 'done' : 'stale';
}

/** One statement that answers with `n`: 1 where it found what it relied on. */
export function write(session: Session, statement: Parameters<Session['query']>[0]): Promise<WriteOutcome> {
  return refusing(() => sent(session, statement));
}

// A unique violation of these statements is an identifier's: every other key in them is an id made for this write.
async function refusing(work: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Undo) return error.outcome;
    if (isUniqueViolation(error)) return 'taken';
    throw error;
  }
}

function gramParameters(changes: IdentityInsert['grams']): [string[], string[]] {
  const joined = changes.map(({ grams }) => (grams ?? []).join());
  return [changes.map(({ space }) => space), joined];
}

function claimParameters(claims: readonly IdentifierClaim[]): [string[], string[]] {
  const sorted = [...claims].sort((a, b) =>
    a.space === b.space ? a.digest.compare(b.digest) : a.space < b.space ? -1 : 1,
  );
  return [sorted.map((claim) => claim.space), sorted.map((claim) => claim.digest.toString('hex'))];
}
