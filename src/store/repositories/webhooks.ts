import type { WebhookStore } from '../../core/webhooks/ports.ts';
import type { Session } from '../session.ts';
import { createWebhookDeliveries } from './webhook-deliveries.ts';
import { createWebhookEndpoints } from './webhook-endpoints.ts';
import { createWebhookFeeds } from './webhook-feeds.ts';

export function createWebhookStore(session: Session): WebhookStore {
  return {
    transaction: (work) => session.transaction((tx) => work(createWebhookStore(tx))),
    ...createWebhookEndpoints(session),
    ...createWebhookDeliveries(session),
    ...createWebhookFeeds(session),
  };
}
