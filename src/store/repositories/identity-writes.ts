import type {
  IdentifierClaim,
  IdentityChange,
  IdentityInsert,
  WriteOutcome,
} from '../../core/identities/ports.ts';
import { isUniqueViolation } from '../errors.ts';
import type { Session } from '../session.ts';
import { insertReply } from './replies.ts';
import { stampParameters, stampSql } from './stamp-sql.ts';
import { nextSlot, tallyParameters, tallySql } from './tally.ts';

// One statement a write (SQL.md rule 5): the configuration held still, then the record, then what belongs to it.
const INSERT = `
  with held as (
      select 1 as one from pool_states
      where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer
      for key share),
    record as (
      insert into identities (pool_id, id, schema_id, profile, created_at, updated_at)
      select $1::uuid, $3::uuid, $4::text, $5::bytea, $6::timestamptz, $6::timestamptz from held
      returning id),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped)
      select $1::uuid, $3::uuid, $7::bytea from record
      returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, u.space, decode(u.digest, 'hex'), $3::uuid
      from record, unnest($8::text[], $9::text[]) as u(space, digest)
      returning 1),
    ${tallySql({ names: 10, deltas: 11, slot: 12 })},
    ${stampSql(13)}
  select count(*)::integer as n from record`;

const CHANGE = `
  with held as (
      select 1 as one from pool_states
      where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer
      for key share),
    record as (
      update identities
      set status = $4::text, profile = $5::bytea, seen = $6::bytea, last_seen_at = $7::timestamptz,
          version = version + 1, updated_at = $8::timestamptz
      where identities.pool_id = $1::uuid and identities.id = $3::uuid and identities.version = $9::integer
        and exists (select 1 from held)
      returning id),
    released as (
      delete from identifiers using record
      where identifiers.pool_id = $1::uuid and identifiers.identity_id = record.id
        and ($10::boolean or exists (
          select 1 from unnest($11::text[], $12::text[]) as u(space, digest)
          where u.space = identifiers.space and decode(u.digest, 'hex') = identifiers.digest))
      returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, u.space, decode(u.digest, 'hex'), $3::uuid
      from record, unnest($13::text[], $14::text[]) as u(space, digest)
      returning 1),
    ${tallySql({ names: 15, deltas: 16, slot: 17 })},
    ${stampSql(18)}
  select count(*)::integer as n from record`;

// Most changes touch neither identifiers nor totals; their statement does not name those tables. Nor does it hold the
// configuration: whoever changes that reads identifiers and totals only, so such a write and such a change come out as
// if one had been made after the other. (Locks of many writers on one row cost more than all the rest of the write.)
const CHANGE_PROFILE = `
  with record as (
      update identities
      set status = $4::text, profile = $5::bytea, seen = $6::bytea, last_seen_at = $7::timestamptz,
          version = version + 1, updated_at = $8::timestamptz
      where identities.pool_id = $1::uuid and identities.id = $3::uuid and identities.version = $9::integer
        and exists (
          select 1 from pool_states
          where pool_states.pool_id = $1::uuid and pool_states.config_version = $2::integer)
      returning id),
    ${stampSql(10)}
  select count(*)::integer as n from record`;

export async function insertIdentity(session: Session, insert: IdentityInsert): Promise<WriteOutcome> {
  const { names, deltas } = tallyParameters(insert.tallies);
  const statement = {
    text: INSERT,
    parameters: [
      insert.poolId,
      insert.configVersion,
      insert.id,
      insert.schemaId,
      insert.profile,
      insert.stamp.at,
      insert.wrappedKey,
      ...claimParameters(insert.claims),
      names,
      deltas,
      nextSlot(),
      ...stampParameters(insert.stamp, insert.event),
    ],
  };
  const { reply } = insert;
  if (reply === null) return write(session, statement);
  return refusing(() =>
    session.transaction(async (tx) => {
      if (!(await insertReply(tx, reply, insert.stamp.at))) return 'replied';
      const { rows } = await tx.query<{ n: number }>(statement);
      if (rows[0]?.n !== 1) throw new Undo('stale');
      return 'done';
    }),
  );
}

export async function changeIdentity(session: Session, change: IdentityChange): Promise<WriteOutcome> {
  const { names, deltas } = tallyParameters(change.tallies);
  const all = change.released === 'all';
  const released = change.released === 'all' ? [] : change.released;
  const record = [
    change.poolId,
    change.configVersion,
    change.id,
    change.status,
    change.profile,
    change.seen,
    change.lastSeenAt,
    change.stamp.at,
    change.version,
  ];
  const stamp = stampParameters(change.stamp, change.event);
  if (!all && released.length + change.claimed.length + names.length === 0) {
    return write(session, { text: CHANGE_PROFILE, parameters: [...record, ...stamp] });
  }
  return write(session, {
    text: CHANGE,
    parameters: [
      ...record,
      all,
      ...claimParameters(released),
      ...claimParameters(change.claimed),
      names,
      deltas,
      nextSlot(),
      ...stamp,
    ],
  });
}

/** Undoes a transaction whose outcome is an answer rather than a failure. */
class Undo extends Error {
  readonly outcome: WriteOutcome;
  constructor(outcome: WriteOutcome) {
    super('undone');
    this.outcome = outcome;
  }
}

async function write(session: Session, statement: Parameters<Session['query']>[0]): Promise<WriteOutcome> {
  return refusing(async () => {
    const { rows } = await session.query<{ n: number }>(statement);
    return rows[0]?.n === 1 ? 'done' : 'stale';
  });
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

function claimParameters(claims: readonly IdentifierClaim[]): [string[], string[]] {
  const sorted = [...claims].sort((a, b) =>
    a.space === b.space ? a.digest.compare(b.digest) : a.space < b.space ? -1 : 1,
  );
  return [sorted.map((claim) => claim.space), sorted.map((claim) => claim.digest.toString('hex'))];
}
