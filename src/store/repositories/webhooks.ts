import type { PoolId } from '../../core/ports.ts';
import type {
  Delivery,
  NewDelivery,
  OutboxEvent,
  Outcome,
  StoredWebhook,
  WebhookDefinition,
  WebhookId,
  WebhookStore,
} from '../../core/webhooks/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import { insertAuditEntry } from './pool-rows.ts';

const CONFIG_VERSION = `
  coalesce((select s.config_version from pool_states s where s.pool_id = $1::uuid), 0) as config_version`;

const WEBHOOK = `id, url, dialect, secret, definition, is_active, disabled_at, failures, created_at, updated_at`;

const INSERT = `
  insert into webhook_endpoints (pool_id, ${WEBHOOK})
  values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::text::jsonb, $7::boolean, $8::timestamptz,
    $9::integer, $10::timestamptz, $11::timestamptz)`;

const UPDATE = `
  update webhook_endpoints
  set url = $3::text, secret = $4::bytea, definition = $5::text::jsonb, is_active = $6::boolean,
      disabled_at = $7::timestamptz, failures = $8::integer, updated_at = $9::timestamptz
  where pool_id = $1::uuid and id = $2::uuid`;

const FIND = `
  select ${WEBHOOK}, ${CONFIG_VERSION} from webhook_endpoints where pool_id = $1::uuid and id = $2::uuid`;

const LIST = `
  select ${WEBHOOK}, ${CONFIG_VERSION} from webhook_endpoints
  where pool_id = $1::uuid order by id desc limit $2::integer offset $3::bigint`;

const COUNT = 'select count(*)::integer as n from webhook_endpoints where pool_id = $1::uuid';

const REMOVE = `
  delete from webhook_endpoints where pool_id = $1::uuid and id = $2::uuid returning 1 as n`;

/** Deliveries among whose subjects a claim chooses. */
const SOONEST = 256;

const PARK = `
  update webhook_deliveries set due_at = null
  where pool_id = $1::uuid and endpoint_id = $2::uuid and status = 'pending'`;

const UNPARK = `
  update webhook_deliveries set due_at = $3::timestamptz
  where pool_id = $1::uuid and endpoint_id = $2::uuid and status = 'pending' and due_at is null`;

const EVENT = 'event_id, at, type, subject_id, subject_version, fields, data';
const DELIVERY = `id, endpoint_id, ${EVENT}, status, attempts, due_at, attempted_at, ended_at, response_status,
  failure, created_at`;

const LIST_DELIVERIES = `
  select ${DELIVERY} from webhook_deliveries
  where pool_id = $1::uuid and endpoint_id = $2::uuid and ($3::text is null or status = $3::text)
  order by id desc limit $4::integer offset $5::bigint`;

const COUNT_DELIVERIES = `
  select count(*)::integer as n from webhook_deliveries
  where pool_id = $1::uuid and endpoint_id = $2::uuid and ($3::text is null or status = $3::text)`;

const FIND_DELIVERY = `
  select ${DELIVERY} from webhook_deliveries
  where pool_id = $1::uuid and endpoint_id = $2::uuid and id = $3::uuid`;

const REPLAY = `
  update webhook_deliveries
  set status = 'pending', is_replay = true, attempts = 0, due_at = $4::timestamptz, claim = null, ended_at = null,
      response_status = null, failure = null
  where pool_id = $1::uuid and endpoint_id = $2::uuid and id = $3::uuid and status <> 'pending'
  returning 1 as n`;

// A probe for each endpoint: what waits for a retry, however much of it there is, costs nothing here.
const FIND_WORK = `/* scatter: once a tick */
  select o.pool_id, null::uuid as endpoint_id from outbox o where o.fanned_out_at is null group by o.pool_id
  union all
  select w.pool_id, w.id from webhook_endpoints w
  where w.is_active and exists (
    select 1 from webhook_deliveries d
    where d.pool_id = w.pool_id and d.endpoint_id = w.id and d.status = 'pending' and d.due_at <= $1::timestamptz)`;

const TAKE_FEED = 'select cursor from webhook_feeds where pool_id = $1::uuid for update skip locked';

const CREATE_FEED = `
  insert into webhook_feeds (pool_id) values ($1::uuid) on conflict (pool_id) do nothing returning 1 as n`;

const LIST_WAITING = `
  select id as event_id, at, type, subject_id, coalesce(subject_version, 0) as subject_version, fields, data
  from outbox
  where pool_id = $1::uuid and fanned_out_at is null
    and subject_id >= coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
  order by subject_id, outbox.subject_version, id limit $3::integer`;

// FOR SHARE: whoever switches an endpoint off parks what is pending, and must not miss what is being made for it.
const LOCK_ACTIVE = `
  select ${WEBHOOK}, 0 as config_version from webhook_endpoints
  where pool_id = $1::uuid and is_active order by id for share`;

const INSERT_DELIVERIES = `
  insert into webhook_deliveries (pool_id, endpoint_id, id, event_id, at, type, subject_id, subject_version, fields,
    data, due_at, created_at)
  select $1::uuid, u.endpoint_id, u.id, u.event_id, u.at, u.type, u.subject_id, u.subject_version,
    array(select jsonb_array_elements_text(u.fields)), u.data, $10::timestamptz, $10::timestamptz
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[], $8::integer[],
    $9::jsonb[], $11::jsonb[]) as u(endpoint_id, id, event_id, at, type, subject_id, subject_version, fields, data)
  returning 1 as n`;

// Endpoints and events in one statement, so as of one moment: what came after an endpoint is not passed over.
const MARK_UNHEARD = `
  with waiting as (
    select o.id from outbox o
    where o.pool_id = $1::uuid and o.fanned_out_at is null and not exists (
      select 1 from webhook_endpoints w where w.pool_id = $1::uuid and w.is_active)
    limit $3::integer)
  update outbox set fanned_out_at = $2::timestamptz
  where pool_id = $1::uuid and id = any(array(select waiting.id from waiting))
  returning 1 as n`;

const MARK = `
  update outbox set fanned_out_at = $3::timestamptz where pool_id = $1::uuid and id = any($2::uuid[])`;

// Of what is due soonest the subjects, and of each subject its first one: looking for that once for every delivery would
// cost a long backlog of few subjects its square. The rows by their ids: joins would be planned over all of an endpoint's
// deliveries as long as the planner knows nothing of the table, or something old.
const CLAIM = `
  with soonest as (
    select d.id, d.subject_id, d.is_replay from webhook_deliveries d
    where d.pool_id = $1::uuid and d.endpoint_id = $2::uuid and d.status = 'pending'
      and d.due_at <= $3::timestamptz
    order by d.due_at, d.id limit ${SOONEST}),
  heads as (
    select soonest.id from soonest where soonest.is_replay
    union all
    select e.id from (select distinct soonest.subject_id from soonest where not soonest.is_replay) s, lateral (
      select f.id from webhook_deliveries f
      where f.pool_id = $1::uuid and f.endpoint_id = $2::uuid and f.subject_id = s.subject_id
        and f.status = 'pending' and not f.is_replay
      order by f.subject_version, f.event_id limit 1) e),
  due as (
    select d.id from webhook_deliveries d
    where d.pool_id = $1::uuid and d.endpoint_id = $2::uuid and d.id = any(array(select heads.id from heads))
      and d.status = 'pending' and d.due_at <= $3::timestamptz
    order by d.due_at, d.id limit $6::integer
    for update skip locked)
  update webhook_deliveries t set due_at = $4::timestamptz, claim = $5::uuid
  where t.pool_id = $1::uuid and t.endpoint_id = $2::uuid and t.id = any(array(select due.id from due))
    and exists (select 1 from webhook_endpoints w where w.pool_id = $1::uuid and w.id = $2::uuid and w.is_active)
  returning t.${DELIVERY.replaceAll(/,\s*/g, ', t.')}`;

// The endpoint is held, so that what is to be tried again is parked where the endpoint was switched off meanwhile.
const SETTLE = `
  with endpoint as (
    select is_active from webhook_endpoints where pool_id = $1::uuid and id = $2::uuid for no key update),
  cleared as (
    update webhook_endpoints set failures = 0
    where pool_id = $1::uuid and id = $2::uuid and failures <> 0 and is_active and $11::boolean
    returning 1)
  update webhook_deliveries t
  set status = u.status, attempts = u.attempts, attempted_at = u.at, claim = null,
      due_at = case when u.status = 'pending' and not endpoint.is_active then null else u.due_at end,
      ended_at = case when u.status = 'pending' then null else u.at end,
      response_status = u.response_status, failure = u.failure
  from unnest($4::uuid[], $5::text[], $6::integer[], $7::timestamptz[], $8::timestamptz[], $9::integer[],
    $10::text[]) as u(id, status, attempts, due_at, at, response_status, failure), endpoint
  where t.pool_id = $1::uuid and t.endpoint_id = $2::uuid and t.id = u.id and t.id = any($4::uuid[])
    and t.claim = $3::uuid and t.status = 'pending'
  returning t.id, t.subject_id`;

// What comes after one that waits for its retry waits as long, so that nobody looks at it again and again.
const HOLD_BACK = `
  update webhook_deliveries t set due_at = u.due_at
  from unnest($3::uuid[], $4::timestamptz[]) as u(subject_id, due_at)
  where t.pool_id = $1::uuid and t.endpoint_id = $2::uuid and t.subject_id = u.subject_id
    and t.subject_id = any($3::uuid[]) and t.status = 'pending' and not t.is_replay and t.due_at < u.due_at`;

interface WebhookRow {
  id: WebhookId;
  url: string;
  dialect: StoredWebhook['dialect'];
  secret: Buffer;
  definition: WebhookDefinition;
  is_active: boolean;
  disabled_at: Date | null;
  failures: number;
  created_at: Date;
  updated_at: Date;
  config_version: number;
}

interface EventRow {
  event_id: Uuid;
  at: Date;
  type: string;
  subject_id: Uuid;
  subject_version: number;
  fields: string[];
  data: Record<string, unknown> | null;
}

interface DeliveryRow extends EventRow {
  id: Delivery['id'];
  endpoint_id: WebhookId;
  status: Delivery['status'];
  attempts: number;
  due_at: Date | null;
  attempted_at: Date | null;
  ended_at: Date | null;
  response_status: number | null;
  failure: Delivery['failure'];
  created_at: Date;
}

export function createWebhookStore(session: Session): WebhookStore {
  const all = async <Row>(text: string, ...parameters: unknown[]): Promise<Row[]> =>
    (await session.query<Row>({ text, parameters })).rows;
  const count = async (text: string, ...parameters: unknown[]): Promise<number> =>
    (await all<{ n: number }>(text, ...parameters))[0]?.n ?? 0;
  const one = async (text: string, poolId: PoolId, id: WebhookId): Promise<StoredWebhook | null> => {
    const [row] = await all<WebhookRow>(text, poolId, id);
    return row === undefined ? null : toWebhook(poolId, row);
  };

  return {
    transaction: (work) => session.transaction((tx) => work(createWebhookStore(tx))),

    async insertWebhook(webhook) {
      const { poolId, id, url, dialect, sealedSecret, isActive, disabledAt, failures, createdAt, updatedAt } =
        webhook;
      await all(
        INSERT,
        ...[poolId, id, url, dialect, sealedSecret, definitionOf(webhook), isActive, disabledAt, failures],
        ...[createdAt, updatedAt],
      );
    },
    countWebhooks: (poolId) => count(COUNT, poolId),
    async listWebhooks(poolId, { limit, offset }) {
      const rows = await all<WebhookRow>(LIST, poolId, limit, offset);
      return { items: rows.map((row) => toWebhook(poolId, row)), total: await count(COUNT, poolId) };
    },
    findWebhook: (poolId, id) => one(FIND, poolId, id),
    lockWebhook: (poolId, id) => one(`${FIND} for update`, poolId, id),
    async updateWebhook(webhook) {
      const { poolId, id, url, sealedSecret, isActive, disabledAt, failures, updatedAt } = webhook;
      await all(
        UPDATE,
        ...[poolId, id, url, sealedSecret, definitionOf(webhook), isActive, disabledAt, failures, updatedAt],
      );
    },
    removeWebhook: async (poolId, id) => (await all(REMOVE, poolId, id)).length === 1,
    async parkDeliveries(poolId, id) {
      await all(PARK, poolId, id);
    },
    async unparkDeliveries(poolId, id, at) {
      await all(UNPARK, poolId, id, at);
    },
    audit: (stamp, event) => insertAuditEntry(session, stamp, event),

    async listDeliveries(poolId, id, { status, limit, offset }) {
      const rows = await all<DeliveryRow>(LIST_DELIVERIES, poolId, id, status, limit, offset);
      return { items: rows.map(toDelivery), total: await count(COUNT_DELIVERIES, poolId, id, status) };
    },
    async findDelivery(poolId, webhookId, id) {
      const [row] = await all<DeliveryRow>(FIND_DELIVERY, poolId, webhookId, id);
      return row === undefined ? null : toDelivery(row);
    },
    replayDelivery: async (poolId, webhookId, id, dueAt) =>
      (await all(REPLAY, poolId, webhookId, id, dueAt)).length === 1,

    async findWork(now) {
      const rows = await all<{ pool_id: PoolId; endpoint_id: WebhookId | null }>(FIND_WORK, now);
      return {
        feeds: rows.flatMap((row) => (row.endpoint_id === null ? [row.pool_id] : [])),
        due: rows.flatMap(({ pool_id: poolId, endpoint_id: webhookId }) =>
          webhookId === null ? [] : [{ poolId, webhookId }],
        ),
      };
    },
    async takeFeed(poolId) {
      const take = () => all<{ cursor: Uuid | null }>(TAKE_FEED, poolId);
      const [taken] = await take();
      if (taken !== undefined) return taken;
      // It is another's, or this pool never had one.
      if ((await all(CREATE_FEED, poolId)).length === 0) return null;
      return (await take())[0] ?? null;
    },
    async setFeedCursor(poolId, cursor) {
      await all('update webhook_feeds set cursor = $2::uuid where pool_id = $1::uuid', poolId, cursor);
    },
    markUnheard: async (poolId, { at, limit }) => (await all(MARK_UNHEARD, poolId, at, limit)).length,
    async listWaiting(poolId, { from, limit }) {
      const rows = await all<EventRow>(LIST_WAITING, poolId, from, limit);
      return rows.map(toEvent);
    },
    async lockActiveWebhooks(poolId) {
      const rows = await all<WebhookRow>(LOCK_ACTIVE, poolId);
      return rows.map((row) => toWebhook(poolId, row));
    },
    async insertDeliveries(poolId, deliveries, at) {
      const column = (of: (delivery: NewDelivery) => unknown) => deliveries.map(of);
      await all(
        INSERT_DELIVERIES,
        ...[poolId, column((one) => one.webhookId), column((one) => one.id), column((one) => one.eventId)],
        ...[column((one) => one.at), column((one) => one.type), column((one) => one.subjectId)],
        ...[column((one) => one.subjectVersion), column((one) => JSON.stringify(one.fields)), at],
        column((one) => (one.data === null ? null : JSON.stringify(one.data))),
      );
    },
    async markFannedOut(poolId, eventIds, at) {
      await all(MARK, poolId, eventIds, at);
    },

    async claimDeliveries(poolId, id, { claim, now, until, limit }) {
      const rows = await all<DeliveryRow>(CLAIM, poolId, id, now, until, claim, limit);
      return rows.map(toDelivery);
    },
    async settleDeliveries(poolId, id, { claim, outcomes, clearsFailures }) {
      const column = (of: (outcome: Outcome) => unknown) => outcomes.map(of);
      const rows = await all<{ id: Delivery['id']; subject_id: Uuid }>(
        SETTLE,
        ...[poolId, id, claim, column((one) => one.id), column((one) => one.status)],
        ...[column((one) => one.attempts), column((one) => one.dueAt), column((one) => one.at)],
        ...[column((one) => one.responseStatus), column((one) => one.failure), clearsFailures],
      );
      const subjects = new Map(rows.map((row) => [row.id, row.subject_id]));
      const settled = outcomes.filter((outcome) => subjects.has(outcome.id));
      const waiting = settled.filter(({ status }) => status === 'pending');
      if (waiting.length > 0) {
        const held = waiting.map((outcome) => subjects.get(outcome.id));
        await all(
          HOLD_BACK,
          poolId,
          id,
          held,
          waiting.map(({ dueAt }) => dueAt),
        );
      }
      return settled;
    },
  };
}

function definitionOf(webhook: WebhookDefinition): string {
  const { enabledEvents, attributeBlocklist, conditions, apiVersion, keyInflection, label, description } =
    webhook;
  const definition: WebhookDefinition = {
    ...{ enabledEvents, attributeBlocklist, conditions, apiVersion, keyInflection, label, description },
  };
  return JSON.stringify(definition);
}

function toWebhook(poolId: PoolId, row: WebhookRow): StoredWebhook {
  return {
    ...row.definition,
    ...{ poolId, id: row.id, url: row.url, dialect: row.dialect, sealedSecret: row.secret },
    ...{ isActive: row.is_active, disabledAt: row.disabled_at, failures: row.failures },
    ...{ createdAt: row.created_at, updatedAt: row.updated_at, configVersion: row.config_version },
  };
}

function toEvent(row: EventRow): OutboxEvent {
  const { event_id: eventId, subject_id: subjectId, subject_version: subjectVersion } = row;
  const { at, type, fields, data } = row;
  return { eventId, at, type, subjectId, subjectVersion, fields, data };
}

function toDelivery(row: DeliveryRow): Delivery {
  const { id, endpoint_id: webhookId, status, attempts, failure } = row;
  return {
    ...toEvent(row),
    ...{ id, webhookId, status, attempts, failure },
    dueAt: row.due_at,
    attemptedAt: row.attempted_at,
    endedAt: row.ended_at,
    responseStatus: row.response_status,
    createdAt: row.created_at,
  };
}
