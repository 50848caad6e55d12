import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import type { OffsetPage } from '../pools/ports.ts';
import type { Principal, RequestContext } from '../ports.ts';
import { auditOf } from './manage-webhooks.ts';
import type { Delivery, DeliveryId, DeliveryStatus, Webhook, WebhookId, Window } from './ports.ts';

/** Newest first, of the last 30 days. @throws NotFound The endpoint. */
export async function listDeliveries(
  { webhooks }: Pick<Deps, 'webhooks'>,
  { poolId }: Principal,
  { id, ...query }: Window & { readonly id: WebhookId; readonly status: DeliveryStatus | null },
): Promise<{ webhook: Webhook; page: OffsetPage<Delivery> }> {
  const webhook = await webhooks.findWebhook(poolId, id);
  if (webhook === null) throw new NotFound();
  return { webhook, page: await webhooks.listDeliveries(poolId, id, query) };
}

/**
 * Sends an ended delivery again, with attempts of its own: same delivery, same idempotency key, a fresh signature. It
 * goes at once, whatever of its subject is still to be sent, and keeps nothing waiting: a replay has no place in the
 * order. While the endpoint is off it waits like everything else.
 *
 * @throws NotFound Endpoint or delivery. @throws WrongState It has not ended yet.
 */
export async function replayDelivery(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'webhooks'>,
  context: RequestContext,
  { webhookId, deliveryId }: { readonly webhookId: WebhookId; readonly deliveryId: DeliveryId },
): Promise<{ webhook: Webhook; delivery: Delivery }> {
  const { poolId } = context.principal;
  const vault = await deps.vault.pool(poolId);
  return deps.webhooks.transaction(async (tx) => {
    const webhook = await tx.lockWebhook(poolId, webhookId);
    if (webhook === null || (await tx.findDelivery(poolId, webhookId, deliveryId)) === null) {
      throw new NotFound();
    }
    const dueAt = webhook.isActive ? deps.clock.now() : null;
    if (!(await tx.replayDelivery(poolId, webhookId, deliveryId, dueAt))) {
      throw new WrongState('The delivery has not ended yet.');
    }
    await auditOf(deps, context, poolId, vault)(tx, 'webhook.delivery_replayed', webhookId, []);
    const delivery = await tx.findDelivery(poolId, webhookId, deliveryId);
    if (delivery === null) throw new NotFound();
    return { webhook, delivery };
  });
}
