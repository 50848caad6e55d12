import Type from 'typebox';
import { CONDITION_FIELDS, CONDITION_OPERATORS } from '../../core/webhooks/conditions.ts';
import { DIALECT_BY_NAME } from '../../core/webhooks/dialects.ts';
import type { ShownWebhook } from '../../core/webhooks/manage-webhooks.ts';
import { DELIVERY_STATUSES, type Delivery, DIALECTS, type Webhook } from '../../core/webhooks/ports.ts';
import { toTagged } from '../../kit/ids.ts';
import { INFLECTIONS } from './inflection.ts';

export const WEBHOOK_TAG = 'whe';
export const DELIVERY_TAG = 'whd';

const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const oneOf = <const Values extends readonly string[]>(values: Values) => Type.Enum([...values]);
const DateTime = Type.String({ format: 'date-time' });

const ConditionValue = Type.Union([Type.String(), Type.Boolean(), Type.Null()]);
const Condition = Type.Object({
  field: oneOf(CONDITION_FIELDS),
  operator: oneOf(CONDITION_OPERATORS),
  value: Type.Union([ConditionValue, Type.Array(ConditionValue)]),
});

export const WebhookReply = Type.Object({
  id: Type.String(),
  url: Type.String(),
  dialect: oneOf(DIALECTS),
  enabled_events: Type.Array(Type.String(), { description: '`["*"]`: all events' }),
  attribute_blocklist: Type.Array(Type.String()),
  event_filter_conditions: Type.Array(Condition),
  api_version: Type.String(),
  key_inflection: oneOf(INFLECTIONS),
  label: nullable(Type.String()),
  description: nullable(Type.String()),
  is_active: Type.Boolean(),
  is_sandbox: Type.Boolean(),
  disabled_at: nullable(DateTime),
  consecutive_failures: Type.Integer({
    description: 'Deliveries given up in a row; at 10 the endpoint is disabled',
  }),
  created_at: DateTime,
  updated_at: DateTime,
  secret: Type.Optional(
    Type.String({ description: 'When made or rotated; in a sandbox always. Signs with HMAC-SHA-256' }),
  ),
});

export const DeliveryReply = Type.Object({
  id: Type.String({
    description: 'As in the header X-Verifa-Delivery-Id; the dialect kyc sends it as a UUID',
  }),
  webhook_id: Type.String(),
  event: Type.String(),
  idempotency_key: Type.String(),
  status: oneOf(DELIVERY_STATUSES),
  attempts: Type.Integer(),
  response_status: nullable(Type.Integer()),
  failure_reason: nullable(Type.String()),
  next_attempt_at: nullable(DateTime),
  last_attempt_at: nullable(DateTime),
  ended_at: nullable(DateTime),
  created_at: DateTime,
});

const pageOf = <Schema extends Type.TSchema>(item: Schema) =>
  Type.Object({
    data: Type.Array(item),
    pagination: Type.Object({ total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer() }),
  });
export const WebhookListReply = pageOf(WebhookReply);
export const DeliveryListReply = pageOf(DeliveryReply);
export const DeletedReply = Type.Object({ deleted: Type.Boolean() });

const optional = <Schema extends Type.TSchema>(schema: Schema) => Type.Optional(nullable(schema));

const CHANGEABLE = {
  enabled_events: optional(
    Type.Array(oneOf(['*', ...DIALECTS.flatMap((name) => DIALECT_BY_NAME[name].events)]), {
      minItems: 1,
      description: 'Names of the dialect; null or `["*"]`: all of them',
    }),
  ),
  attribute_blocklist: optional(
    Type.Array(Type.String(), { description: 'Names that are left out of changed_fields' }),
  ),
  event_filter_conditions: optional(
    Type.Array(Condition, { description: 'All must hold; one that cannot be evaluated does not' }),
  ),
  api_version: optional(Type.String({ format: 'date' })),
  key_inflection: optional(oneOf(INFLECTIONS)),
  label: optional(Type.String({ maxLength: 200 })),
  description: optional(Type.String({ maxLength: 1000 })),
  is_active: Type.Optional(Type.Boolean()),
};
const Url = Type.String({ format: 'uri', maxLength: 2048 });

/** For the reference: the core reads these bodies itself, to tell all problems at once. */
export const CreateWebhookBody = Type.Object({
  url: Url,
  dialect: optional(oneOf(DIALECTS)),
  ...CHANGEABLE,
});
export const UpdateWebhookBody = Type.Object({ url: Type.Optional(Url), ...CHANGEABLE });

export const WebhookPath = Type.Object({ webhook_id: Type.String() });
export const DeliveryPath = Type.Object({ webhook_id: Type.String(), delivery_id: Type.String() });
const Window = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
};
export const WebhookListQuery = Type.Object(Window);
export const DeliveryListQuery = Type.Object({ status: Type.Optional(oneOf(DELIVERY_STATUSES)), ...Window });

export function showWebhook(
  { webhook, secret }: ShownWebhook,
  isSandbox: boolean,
): Type.Static<typeof WebhookReply> {
  return {
    id: toTagged(webhook.id, WEBHOOK_TAG),
    url: webhook.url,
    dialect: webhook.dialect,
    enabled_events: [...(webhook.enabledEvents ?? ['*'])],
    attribute_blocklist: [...webhook.attributeBlocklist],
    event_filter_conditions: webhook.conditions.map(({ field, operator, value }) => ({
      field,
      operator,
      value: isList(value) ? [...value] : value,
    })),
    api_version: webhook.apiVersion,
    key_inflection: webhook.keyInflection,
    label: webhook.label,
    description: webhook.description,
    is_active: webhook.isActive,
    is_sandbox: isSandbox,
    disabled_at: timeOf(webhook.disabledAt),
    consecutive_failures: webhook.failures,
    created_at: webhook.createdAt.toISOString(),
    updated_at: webhook.updatedAt.toISOString(),
    ...(secret === null ? {} : { secret }),
  };
}

export function showDelivery(
  delivery: Delivery,
  { dialect }: Pick<Webhook, 'dialect'>,
): Type.Static<typeof DeliveryReply> {
  const { status, attempts } = delivery;
  return {
    id: toTagged(delivery.id, DELIVERY_TAG),
    webhook_id: toTagged(delivery.webhookId, WEBHOOK_TAG),
    event: DIALECT_BY_NAME[dialect].nameOf(delivery.type) ?? delivery.type,
    idempotency_key: toTagged(delivery.eventId, 'evt'),
    status,
    attempts,
    response_status: delivery.responseStatus,
    failure_reason: delivery.failure,
    next_attempt_at: timeOf(status === 'pending' ? delivery.dueAt : null),
    last_attempt_at: timeOf(delivery.attemptedAt),
    ended_at: timeOf(delivery.endedAt),
    created_at: delivery.createdAt.toISOString(),
  };
}

function timeOf(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}
