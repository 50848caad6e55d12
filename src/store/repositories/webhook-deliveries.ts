import type { Delivery, Outcome, WebhookStore } from '../../core/webhooks/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import { DELIVERY, type DeliveryRow, toDelivery, webhookStatements } from './webhook-rows.ts';

/** Deliveries among whose subjects a claim chooses. */
const SOONEST = 256;

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

type Deliveries = Pick<
  WebhookStore,
  'listDeliveries' | 'findDelivery' | 'replayDelivery' | 'claimDeliveries' | 'settleDeliveries'
>;

/** What is sent to an endpoint: one row for each event and endpoint, from its making to its end. */
export function createWebhookDeliveries(session: Session): Deliveries {
  const { all, count } = webhookStatements(session);

  return {
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
