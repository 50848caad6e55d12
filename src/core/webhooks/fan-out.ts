import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import type { Environment, PoolId } from '../ports.ts';
import { holds } from './conditions.ts';
import { DIALECT_BY_NAME } from './dialects.ts';
import type { DeliveryId, NewDelivery, OutboxEvent, Webhook, WebhookId } from './ports.ts';

const BATCH = 1000;

/** What one batch of a pool's events came to. */
export interface FannedOut {
  /** How many events were looked at. */
  readonly events: number;
  /** Endpoints that got something to send. */
  readonly webhookIds: readonly WebhookId[];
  /** Whether there may be more at once. */
  readonly hasMore: boolean;
}

/**
 * Makes deliveries of a pool's next events, one for each endpoint that is switched on and wants the event. One
 * transaction; only one process at a time does this for a pool, so that deliveries of a subject come into being in the
 * order of its changes. An event is either looked at as a whole or not at all: cut off anywhere, it comes again.
 *
 * Events are read before endpoints: whoever changed something after an endpoint was made finds it told.
 */
export async function fanOut(
  { webhooks, configs, ids, clock }: Pick<Deps, 'webhooks' | 'configs' | 'ids' | 'clock'>,
  poolId: PoolId,
): Promise<FannedOut> {
  const { environment } = await configs.any(poolId);
  return webhooks.transaction(async (tx) => {
    const feed = await tx.takeFeed(poolId);
    if (feed === null) return { events: 0, webhookIds: [], hasMore: false };
    const at = clock.now();
    const unheard = await tx.markUnheard(poolId, { at, limit: BATCH });
    if (unheard > 0) return { events: unheard, webhookIds: [], hasMore: unheard === BATCH };
    const events = await tx.listWaiting(poolId, { from: feed.cursor, limit: BATCH });
    const receivers = events.length === 0 ? [] : await tx.lockActiveWebhooks(poolId);
    const deliveries = events.flatMap((event) => deliveriesOf(event, receivers, environment, ids));
    if (deliveries.length > 0) await tx.insertDeliveries(poolId, deliveries, at);
    if (events.length > 0) {
      await tx.markFannedOut(
        poolId,
        events.map(({ eventId }) => eventId),
        at,
      );
    }
    // Goes round the subjects, so that a busy pool's last ones get their turn.
    const isFull = events.length === BATCH;
    const next: Uuid | null = isFull ? (events.at(-1)?.subjectId ?? null) : null;
    if (next !== feed.cursor) await tx.setFeedCursor(poolId, next);
    return {
      events: events.length,
      webhookIds: [...new Set(deliveries.map(({ webhookId }) => webhookId))],
      hasMore: isFull || feed.cursor !== null,
    };
  });
}

function deliveriesOf(
  event: OutboxEvent,
  receivers: readonly Webhook[],
  environment: Environment,
  ids: Deps['ids'],
): NewDelivery[] {
  return receivers
    .filter((webhook) => wants(webhook, event, environment))
    .map((webhook) => ({ ...event, id: ids.next() as DeliveryId, webhookId: webhook.id }));
}

function wants(webhook: Webhook, event: OutboxEvent, environment: Environment): boolean {
  const dialect = DIALECT_BY_NAME[webhook.dialect];
  const name = dialect.nameOf(event.type);
  if (name === null || webhook.enabledEvents?.includes(name) === false) return false;
  if (!dialect.concerns(event)) return false;
  return holds(webhook.conditions, dialect.dataOf(event, environment));
}
