import type { PoolId } from '../../core/ports.ts';
import type { NewDelivery, WebhookId, WebhookStore } from '../../core/webhooks/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import {
  type EventRow,
  toEvent,
  toWebhook,
  WEBHOOK,
  type WebhookRow,
  webhookStatements,
} from './webhook-rows.ts';

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

type Feeds = Pick<
  WebhookStore,
  | 'findWork'
  | 'takeFeed'
  | 'setFeedCursor'
  | 'markUnheard'
  | 'listWaiting'
  | 'lockActiveWebhooks'
  | 'insertDeliveries'
  | 'markFannedOut'
>;

/** From the outbox to deliveries: a pool's events in batches, one process at a time. */
export function createWebhookFeeds(session: Session): Feeds {
  const { all } = webhookStatements(session);

  return {
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
  };
}
