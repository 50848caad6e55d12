import type {
  CourierStore,
  Dispatch,
  MessageId,
  MessageInsert,
  MessageStatus,
  StoredMessage,
} from '../../core/courier/ports.ts';
import type { Channel, TemplateType } from '../../core/courier/templates.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import { createCourierTemplates } from './courier-templates.ts';
import { insertAuditEntry } from './pool-rows.ts';

const MESSAGE = `
      insert into courier_messages (pool_id, id, identity_id, type, template_type, due_at, recipient_digest, head, body,
        created_at, updated_at)`;

const VALUES =
  '$1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::timestamptz, $7::bytea, $8::bytea, $9::bytea, $6::timestamptz, $6::timestamptz';

// The key is held until the transaction ends, so that a rotation of it either comes first, and then it is another one,
// or finds this message.
const INSERT_FOR_IDENTITY = `
  with held as (
      select k.identity_id from identity_keys k
      where k.pool_id = $1::uuid and k.identity_id = $3::uuid and k.wrapped = $10::bytea
      for share)
  ${MESSAGE}
  select ${VALUES} from held
  returning id`;

const INSERT_WITH_KEY = `
  with message as (${MESSAGE}
      values (${VALUES})
      returning id),
    keyed as (
      insert into courier_keys (pool_id, message_id, wrapped) values ($1::uuid, $2::uuid, $10::bytea)
      returning 1)
  select message.id from message, keyed`;

// With the key in the same statement: boxes and key belong together also while keys are rotated.
const SELECT = `
  select m.id, m.identity_id, m.status, m.type, m.template_type, m.send_count, m.head, m.body, m.created_at,
    m.updated_at, coalesce(i.wrapped, o.wrapped) as wrapped, s.config_version
  from courier_messages m
  left join identity_keys i on i.pool_id = $1::uuid and i.identity_id = m.identity_id
  left join courier_keys o on o.pool_id = $1::uuid and o.message_id = m.id and m.identity_id is null
  join pool_states s on s.pool_id = $1::uuid
  where m.pool_id = $1::uuid and (i.wrapped is not null or o.wrapped is not null)`;

const FIND = `${SELECT} and m.id = $2::uuid`;

const list = (hasStatus: boolean, hasRecipient: boolean): string => `${SELECT}
    and m.id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ${hasStatus ? 'and m.status = $4::text' : 'and $4::text is null'}
    ${hasRecipient ? 'and m.recipient_digest = $5::bytea' : 'and $5::bytea is null'}
  order by m.id desc limit $3::integer`;

const LIST_DISPATCHES = `
  select d.id, d.failure, d.created_at, d.updated_at from courier_dispatches d
  where d.pool_id = $1::uuid and d.message_id = $2::uuid order by d.id`;

const LIST_DUE = `/* scatter: once a tick */
  select pool_id from courier_messages
  where status in ('queued', 'processing') and due_at <= $1::timestamptz and type = any($2::text[])
  group by pool_id`;

const CLAIM = `
  with due as (
    select m.id from courier_messages m
    where m.pool_id = $1::uuid and m.status in ('queued', 'processing') and m.due_at <= $2::timestamptz
      and m.type = any($5::text[])
    order by m.due_at, m.id limit 1
    for update skip locked)
  update courier_messages t
  set status = 'processing', due_at = $3::timestamptz, claim = $4::uuid, send_count = t.send_count + 1,
      updated_at = $2::timestamptz
  where t.pool_id = $1::uuid and t.id = any(array(select due.id from due))
  returning t.id`;

const SETTLE = `
  with settled as (
      update courier_messages
      set status = $4::text, due_at = $5::timestamptz, claim = null, updated_at = $6::timestamptz,
          ended_at = case when $4::text = 'queued' then null else $6::timestamptz end,
          body = case when $7::boolean then null else body end
      where pool_id = $1::uuid and id = $2::uuid and claim = $3::uuid and status = 'processing'
      returning id),
    tried as (
      insert into courier_dispatches (pool_id, message_id, id, status, failure, created_at, updated_at)
      select $1::uuid, settled.id, $8::uuid, case when $9::text is null then 'success' else 'failed' end, $9::text,
        $10::timestamptz, $6::timestamptz
      from settled
      returning 1)
  select (select count(*) from settled)::integer as n, (select count(*) from tried)::integer as tries`;

// Pool by pool: a look into the index for each, however many messages they keep.
const LIST_ENDED = `/* scatter: once a run */
  select s.pool_id from pool_states s
  where exists (
    select 1 from courier_messages m where m.pool_id = s.pool_id and m.ended_at <= $1::timestamptz)`;

const REMOVE_ENDED = `
  delete from courier_messages where pool_id = $1::uuid and id = any(array(
    select m.id from courier_messages m
    where m.pool_id = $1::uuid and m.ended_at <= $2::timestamptz limit $3::integer))`;

interface MessageColumns {
  id: MessageId;
  identity_id: IdentityId | null;
  status: MessageStatus;
  type: Channel;
  template_type: TemplateType;
  send_count: number;
  head: Buffer;
  body: Buffer | null;
  created_at: Date;
  updated_at: Date;
  wrapped: Buffer;
  config_version: number;
}

interface DispatchColumns {
  id: Uuid;
  failure: Dispatch['failure'];
  created_at: Date;
  updated_at: Date;
}

export function createCourierStore(session: Session): CourierStore {
  const all = async <Row>(text: string, ...parameters: unknown[]): Promise<Row[]> =>
    (await session.query<Row>({ text, parameters })).rows;

  return {
    transaction: (work) => session.transaction((tx) => work(createCourierStore(tx))),
    insertMessage: async (message) => {
      const text = message.identityId === null ? INSERT_WITH_KEY : INSERT_FOR_IDENTITY;
      return (await all(text, ...insertParameters(message))).length === 1;
    },
    async listMessages(poolId, { status, recipientDigest, before, limit }) {
      const text = list(status !== null, recipientDigest !== null);
      const rows = await all<MessageColumns>(text, poolId, before, limit, status, recipientDigest);
      return rows.map((row) => toMessage(poolId, row));
    },
    async findMessage(poolId, id) {
      const [row] = await all<MessageColumns>(FIND, poolId, id);
      return row === undefined ? null : toMessage(poolId, row);
    },
    async listDispatches(poolId, id) {
      const rows = await all<DispatchColumns>(LIST_DISPATCHES, poolId, id);
      return rows.map(({ created_at: createdAt, updated_at: updatedAt, ...row }) => ({
        ...row,
        ...{ createdAt, updatedAt },
      }));
    },

    async listPoolsWithDue(now, types) {
      return (await all<{ pool_id: PoolId }>(LIST_DUE, now, types)).map((row) => row.pool_id);
    },
    async claimMessage(poolId, { claim, now, until, types }) {
      const [row] = await all<{ id: MessageId }>(CLAIM, poolId, now, until, claim, types);
      return row?.id ?? null;
    },
    async settleMessage(poolId, { id, claim, status, dueAt, at, dropsBody, dispatch }) {
      const [row] = await all<{ n: number }>(
        SETTLE,
        ...[poolId, id, claim, status, dueAt, at, dropsBody],
        ...[dispatch.id, dispatch.failure, dispatch.createdAt],
      );
      return row?.n === 1;
    },
    async removeMessage(poolId, id) {
      await all('delete from courier_messages where pool_id = $1::uuid and id = $2::uuid', poolId, id);
    },
    async listPoolsWithEnded(by) {
      return (await all<{ pool_id: PoolId }>(LIST_ENDED, by)).map((row) => row.pool_id);
    },
    async removeEnded(poolId, by, limit) {
      return (await session.query({ text: REMOVE_ENDED, parameters: [poolId, by, limit] })).count;
    },

    ...createCourierTemplates(session),
    audit: (stamp, event) => insertAuditEntry(session, stamp, event),
  };
}

function insertParameters(message: MessageInsert): unknown[] {
  const { poolId, id, identityId, type, templateType, createdAt, recipientDigest, head, body } = message;
  return [
    ...[poolId, id, identityId, type, templateType, createdAt, recipientDigest, head, body],
    message.wrappedKey,
  ];
}

function toMessage(poolId: PoolId, row: MessageColumns): StoredMessage {
  const { id, status, type, head, body } = row;
  return {
    ...{ poolId, id, status, type, head, body, identityId: row.identity_id },
    ...{ templateType: row.template_type, sendCount: row.send_count },
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
    ...{ wrappedKey: row.wrapped, configVersion: row.config_version },
  };
}
