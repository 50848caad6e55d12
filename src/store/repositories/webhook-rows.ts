import type { PoolId } from '../../core/ports.ts';
import type {
  Delivery,
  OutboxEvent,
  StoredWebhook,
  WebhookDefinition,
  WebhookId,
} from '../../core/webhooks/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';

export const WEBHOOK = `id, url, dialect, secret, definition, is_active, disabled_at, failures, created_at, updated_at`;

const EVENT = 'event_id, at, type, subject_id, subject_version, fields, data';
export const DELIVERY = `id, endpoint_id, ${EVENT}, status, attempts, due_at, attempted_at, ended_at, response_status,
  failure, created_at`;

export interface WebhookRow {
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

export interface EventRow {
  event_id: Uuid;
  at: Date;
  type: string;
  subject_id: Uuid;
  subject_version: number;
  fields: string[];
  data: Record<string, unknown> | null;
}

export interface DeliveryRow extends EventRow {
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

/** Runs statements of the webhook tables. */
export function webhookStatements(session: Session) {
  const all = async <Row>(text: string, ...parameters: unknown[]): Promise<Row[]> =>
    (await session.query<Row>({ text, parameters })).rows;
  const count = async (text: string, ...parameters: unknown[]): Promise<number> =>
    (await all<{ n: number }>(text, ...parameters))[0]?.n ?? 0;
  return { all, count };
}

export function toWebhook(poolId: PoolId, row: WebhookRow): StoredWebhook {
  return {
    ...row.definition,
    ...{ poolId, id: row.id, url: row.url, dialect: row.dialect, sealedSecret: row.secret },
    ...{ isActive: row.is_active, disabledAt: row.disabled_at, failures: row.failures },
    ...{ createdAt: row.created_at, updatedAt: row.updated_at, configVersion: row.config_version },
  };
}

export function toEvent(row: EventRow): OutboxEvent {
  const { event_id: eventId, subject_id: subjectId, subject_version: subjectVersion } = row;
  const { at, type, fields, data } = row;
  return { eventId, at, type, subjectId, subjectVersion, fields, data };
}

export function toDelivery(row: DeliveryRow): Delivery {
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
