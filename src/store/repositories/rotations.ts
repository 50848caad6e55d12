import type { IdentityId, PoolId } from '../../core/ports.ts';
import type {
  Claim,
  LockedIdentity,
  Rotation,
  RotationKind,
  RotationState,
  RotationStore,
} from '../../core/rotation/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import {
  createPoolKeyStore,
  insertPoolKey,
  listPoolsUnderOthers,
  listRootKeyIds,
  replacePoolKey,
} from './pool-keys.ts';
import { poolStateWrites } from './pool-rows.ts';
import { BOXES_UNDER_DATA_KEYS } from './rotation-boxes.ts';

/** Tables of keys that a pool key wraps: name, and the column with the record's id. Only add at the end. */
export const WRAPPED_KEY_TABLES = [
  ['identity_keys', 'identity_id'],
  ['verification_keys', 'verification_id'],
  ['upload_keys', 'upload_id'],
  ['courier_keys', 'message_id'],
  ['flow_keys', 'flow_id'],
] as const;

const PLAN = `/* scatter: pools of an installation */
  insert into rotations (pool_id, kind, started_at)
  select u.id, $2::text, $3::timestamptz from unnest($1::uuid[]) as u(id)
  on conflict (pool_id, kind) do update
    set target = null, step = 0, cursor = null, until_id = null, done = 0, total = 0, failed = 0,
        started_at = excluded.started_at, finished_at = null, runner = null, lease_until = null
    where rotations.finished_at is not null
  returning 1 as n`;

const LIST_UNFINISHED = `/* scatter: pools of an installation */
  select pool_id from rotations where kind = $1::text and finished_at is null order by pool_id`;

const COLUMNS = 'target, step, cursor, until_id, done, total, failed, finished_at, lease_until';

const FIND = `select ${COLUMNS} from rotations where pool_id = $1::uuid and kind = $2::text`;

const CLAIM = `
  update rotations set runner = $3::uuid, lease_until = $5::timestamptz
  where pool_id = $1::uuid and kind = $2::text and finished_at is null
    and (lease_until is null or lease_until <= $4::timestamptz)
  returning ${COLUMNS}`;

const SAVE = `
  update rotations
  set target = $4::integer, step = $5::integer, cursor = $6::uuid, until_id = $7::uuid, done = $8::bigint,
      total = $9::bigint, failed = $10::bigint, lease_until = $11::timestamptz
  where pool_id = $1::uuid and kind = $2::text and runner = $3::uuid and finished_at is null
  returning 1 as n`;

const FINISH = `
  update rotations set finished_at = $4::timestamptz, runner = null, lease_until = null
  where pool_id = $1::uuid and kind = $2::text and runner = $3::uuid and finished_at is null
  returning 1 as n`;

// Not `is null or`: a prepared statement would then walk a pool's index from its beginning each time.
const AFTER = (parameter: number) => `coalesce($${parameter}::uuid, '00000000-0000-0000-0000-000000000000')`;

// So many rows are looked at, found or not: a statement's time stays bounded however many are done already. An
// envelope's bytes 2 to 5 are the key version, big endian, so that bytes compare like numbers.
const listOlder = (table: string, id: string) => `
  select s.id, s.is_older, case when s.is_older then s.wrapped end as wrapped
  from (
    select l.id, l.wrapped, substring(l.wrapped from 2 for 4) < $2::bytea as is_older,
           lead(l.id) over (order by l.id) is null as is_last
    from (
      select ${id} as id, wrapped from ${table}
      where pool_id = $1::uuid and ${id} > ${AFTER(3)}
      order by ${id} limit $4::integer) l) s
  where s.is_older or s.is_last
  order by s.id`;

const COUNT = `
  select coalesce(sum(n), 0)::bigint as n from tallies where pool_id = $1::uuid and name = 'identities'`;

const LAST = `
  select identity_id as id from identity_keys where pool_id = $1::uuid order by identity_id desc limit 1`;

// Locked so that nobody writes under a key that is about to go, nor wraps that key anew; but rows that refer to the
// identity may still come and go.
const LOCK = `
  select i.id, i.profile, i.seen, i.credentials, k.wrapped, s.config_version
  from identities i
  join identity_keys k on k.pool_id = $1::uuid and k.identity_id = i.id
  join pool_states s on s.pool_id = $1::uuid
  where i.pool_id = $1::uuid and i.id > ${AFTER(2)} and i.id <= $3::uuid
  order by i.id limit $4::integer
  for no key update of i, k`;

const REPLACE_DATA_KEYS = `
  with record as (
      update identities
      set profile = u.profile, seen = u.seen, credentials = u.credentials, version = identities.version + 1
      from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
        as u(id, profile, seen, credentials, wrapped)
      where identities.pool_id = $1::uuid and identities.id = u.id
      returning identities.id, u.wrapped),
    keyed as (
      update identity_keys set wrapped = record.wrapped from record
      where identity_keys.pool_id = $1::uuid and identity_keys.identity_id = record.id
      returning 1)
  select (select count(*) from record)::integer as records, (select count(*) from keyed)::integer as keys`;

interface Row {
  target: number | null;
  step: number;
  cursor: Uuid | null;
  until_id: Uuid | null;
  done: number;
  total: number;
  failed: number;
  finished_at: Date | null;
  lease_until: Date | null;
}

export function createRotationStore(session: Session): RotationStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  const held = async (text: string, claim: Claim, more: unknown[]): Promise<boolean> => {
    const { poolId, kind, runner } = claim;
    const { rows } = await session.query({ text, parameters: [poolId, kind, runner, ...more] });
    return rows.length === 1;
  };
  const tableOf = (step: number) => {
    const table = WRAPPED_KEY_TABLES[step];
    if (table === undefined) throw new RangeError(`there is no table ${step} of wrapped keys`);
    return table;
  };

  return {
    transaction: (work) => session.transaction((tx) => work(createRotationStore(tx))),
    ...createPoolKeyStore(session),
    raiseConfigVersion,
    record,

    async plan(kind, poolIds, at) {
      await session.query({ text: PLAN, parameters: [poolIds, kind, at] });
    },
    async listUnfinished(kind) {
      const { rows } = await session.query<{ pool_id: PoolId }>({
        text: LIST_UNFINISHED,
        parameters: [kind],
      });
      return rows.map((row) => row.pool_id);
    },
    async find(poolId, kind) {
      const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId, kind] });
      return rows[0] === undefined ? null : toRotation(poolId, kind, rows[0]);
    },
    async claim({ poolId, kind, runner }, now, leaseUntil) {
      const { rows } = await session.query<Row>({
        text: CLAIM,
        parameters: [poolId, kind, runner, now, leaseUntil],
      });
      return rows[0] === undefined ? null : toRotation(poolId, kind, rows[0]);
    },
    save: (claim, state: RotationState, leaseUntil) => {
      const { target, step, cursor, untilId, done, total, failed } = state;
      return held(SAVE, claim, [target, step, cursor, untilId, done, total, failed, leaseUntil]);
    },
    finish: (claim, at) => held(FINISH, claim, [at]),

    insertPoolKey: (key, at) => insertPoolKey(session, key, at),
    listPoolsUnderOthers: (rootKeyId) => listPoolsUnderOthers(session, rootKeyId),
    listRootKeyIds: () => listRootKeyIds(session),
    replacePoolKey: (from, to) => replacePoolKey(session, from, to),
    async withRootKeyFile(work) {
      const key = 'root-key-file';
      await session.query({
        text: `insert into installation (key, value) values ($1::text, 'locked while it is rewritten')
               on conflict (key) do nothing`,
        parameters: [key],
      });
      return session.transaction(async (tx) => {
        await tx.query({
          text: 'select 1 as one from installation where key = $1::text for update',
          parameters: [key],
        });
        return work(createRotationStore(tx));
      });
    },

    keyTables: WRAPPED_KEY_TABLES.length,
    async listOlderKeys(poolId, { step, below, after, limit }) {
      const [table, id] = tableOf(step);
      const { rows } = await session.query<{ id: Uuid; is_older: boolean; wrapped: Buffer }>({
        text: listOlder(table, id),
        parameters: [poolId, versionBytes(below), after, limit],
      });
      const keys = rows.flatMap((row) => (row.is_older ? [{ recordId: row.id, wrapped: row.wrapped }] : []));
      return { keys, last: rows.at(-1)?.id ?? null };
    },
    async replaceWrappedKeys(poolId, step, changes) {
      if (changes.length === 0) return;
      const [table, id] = tableOf(step);
      await session.query({
        text: `update ${table} set wrapped = u.new
               from unnest($2::uuid[], $3::bytea[], $4::bytea[]) as u(id, old, new)
               where ${table}.pool_id = $1::uuid and ${table}.${id} = u.id and ${table}.wrapped = u.old`,
        parameters: [
          poolId,
          changes.map((change) => change.recordId),
          changes.map((change) => change.from),
          changes.map((change) => change.to),
        ],
      });
    },

    async countIdentities(poolId) {
      const { rows } = await session.query<{ n: number }>({ text: COUNT, parameters: [poolId] });
      return rows[0]?.n ?? 0;
    },
    async findLastIdentity(poolId) {
      const { rows } = await session.query<{ id: IdentityId }>({ text: LAST, parameters: [poolId] });
      return rows[0]?.id ?? null;
    },
    async lockIdentities(poolId, { after, until, limit }) {
      const { rows } = await session.query<LockedIdentity & { config_version: number }>({
        text: LOCK,
        parameters: [poolId, after, until, limit],
      });
      const identities = rows.map(({ config_version: _, ...identity }) => identity);
      return { identities, configVersion: rows[0]?.config_version ?? 0 };
    },
    async replaceDataKeys(poolId, identities) {
      const { rows } = await session.query<{ records: number; keys: number }>({
        text: REPLACE_DATA_KEYS,
        parameters: [
          poolId,
          identities.map((identity) => identity.id),
          identities.map((identity) => identity.profile),
          identities.map((identity) => identity.seen),
          identities.map((identity) => identity.credentials),
          identities.map((identity) => identity.wrapped),
        ],
      });
      const [{ records, keys } = { records: 0, keys: 0 }] = rows;
      // Boxes under one key beside another key would be lost for good.
      if (records !== identities.length || keys !== identities.length) {
        throw new RangeError('not every locked identity was replaced');
      }
    },
    async resealBoxes(input) {
      for (const reseal of BOXES_UNDER_DATA_KEYS) await reseal(session, input);
    },
  };
}

function toRotation(poolId: PoolId, kind: RotationKind, row: Row): Rotation {
  const { until_id: untilId, finished_at: finishedAt, lease_until: leaseUntil, ...same } = row;
  return { poolId, kind, untilId, finishedAt, leaseUntil, ...same };
}

function versionBytes(version: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(version);
  return bytes;
}
