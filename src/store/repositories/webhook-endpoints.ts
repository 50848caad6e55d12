import type { PoolId } from '../../core/ports.ts';
import type { StoredWebhook, WebhookDefinition, WebhookId, WebhookStore } from '../../core/webhooks/ports.ts';
import type { Session } from '../session.ts';
import { insertAuditEntry } from './pool-rows.ts';
import { toWebhook, WEBHOOK, type WebhookRow, webhookStatements } from './webhook-rows.ts';

const CONFIG_VERSION = `
  coalesce((select s.config_version from pool_states s where s.pool_id = $1::uuid), 0) as config_version`;

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

const PARK = `
  update webhook_deliveries set due_at = null
  where pool_id = $1::uuid and endpoint_id = $2::uuid and status = 'pending'`;

const UNPARK = `
  update webhook_deliveries set due_at = $3::timestamptz
  where pool_id = $1::uuid and endpoint_id = $2::uuid and status = 'pending' and due_at is null`;

type Endpoints = Pick<
  WebhookStore,
  | 'insertWebhook'
  | 'countWebhooks'
  | 'listWebhooks'
  | 'findWebhook'
  | 'lockWebhook'
  | 'updateWebhook'
  | 'removeWebhook'
  | 'parkDeliveries'
  | 'unparkDeliveries'
  | 'audit'
>;

/** What a pool wants to be told, and where. */
export function createWebhookEndpoints(session: Session): Endpoints {
  const { all, count } = webhookStatements(session);
  const one = async (text: string, poolId: PoolId, id: WebhookId): Promise<StoredWebhook | null> => {
    const [row] = await all<WebhookRow>(text, poolId, id);
    return row === undefined ? null : toWebhook(poolId, row);
  };

  return {
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
