import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { DestinationRefused } from '../errors.ts';
import type { Environment, PoolId } from '../ports.ts';
import { DIALECT_BY_NAME } from './dialects.ts';
import { auditOf } from './manage-webhooks.ts';
import type {
  Delivery,
  Outcome,
  StoredWebhook,
  Webhook,
  WebhookId,
  WebhookSender,
  WebhookSigner,
} from './ports.ts';
import { openSecret } from './secret.ts';

export type AttemptDeps = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'webhooks'> & {
  readonly sender: WebhookSender;
  readonly signer: WebhookSigner;
};

/** Seconds before each retry: every pause four times the one before, the last one two hours. */
export const RETRY_SECONDS = [30, 120, 480, 1920, 7200] as const;
/** Deliveries in a row that were given up; then the endpoint is switched off. */
export const FAILURES_MAX = 10;
/** Longer than any attempt may take, so that nothing is taken for forgotten while it is under way. */
const LEASE_SECONDS = 40;

/** Deliveries that are ours to attempt, and what every attempt of them needs. */
export interface Batch {
  readonly webhook: StoredWebhook;
  readonly deliveries: readonly Delivery[];
  readonly environment: Environment;
  readonly secret: string;
}

/**
 * Takes what is due for an endpoint, of each subject the first only. What is taken and never settled (the process was
 * killed) is due again after 40 seconds.
 *
 * @returns Null when there is nothing to do.
 */
export async function claimBatch(
  deps: AttemptDeps,
  input: {
    readonly poolId: PoolId;
    readonly webhookId: WebhookId;
    readonly claim: Uuid;
    readonly limit: number;
  },
): Promise<Batch | null> {
  const { poolId, webhookId, claim, limit } = input;
  const now = deps.clock.now();
  const until = new Date(now.getTime() + LEASE_SECONDS * 1000);
  const deliveries = await deps.webhooks.claimDeliveries(poolId, webhookId, { claim, now, until, limit });
  if (deliveries.length === 0) return null;
  // After the claim, so that an attempt is made with what was last set.
  const webhook = await deps.webhooks.findWebhook(poolId, webhookId);
  if (webhook === null) return null;
  const { environment } = await deps.configs.any(poolId);
  return { webhook, deliveries, environment, secret: await openSecret(deps, webhook) };
}

/**
 * One attempt. Never throws for what the other side did.
 *
 * @returns Null when it was cut off by `signal`, which tells nothing of the other side.
 */
export async function attempt(
  { clock, sender, signer }: Pick<AttemptDeps, 'clock' | 'sender' | 'signer'>,
  { webhook, environment, secret }: Batch,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const dialect = DIALECT_BY_NAME[webhook.dialect];
  const body = dialect.render(delivery, webhook, environment);
  const hmac = (text: string) => signer.sign(secret, text);
  const signature = dialect.sign({ body, at: clock.now(), deliveryId: delivery.id, hmac });
  const headers = { 'content-type': 'application/json', 'user-agent': 'Selfsame-Webhooks/1', ...signature };
  try {
    const { status } = await sender.post({
      url: webhook.url,
      headers,
      body,
      signal,
      deliveryId: delivery.id,
    });
    const isDelivered = status >= 200 && status < 300;
    return outcomeOf(delivery, clock.now(), {
      responseStatus: status,
      failure: isDelivered ? null : 'status',
    });
  } catch (error) {
    if (signal.aborted) return null;
    const failure = error instanceof DestinationRefused ? 'destination_refused' : 'no_answer';
    return outcomeOf(delivery, clock.now(), { responseStatus: null, failure });
  }
}

function outcomeOf(
  { id, attempts }: Delivery,
  at: Date,
  end: Pick<Outcome, 'responseStatus' | 'failure'>,
): Outcome {
  const pause = RETRY_SECONDS[attempts];
  const common = { id, attempts: attempts + 1, at, ...end };
  if (end.failure === null) return { ...common, status: 'delivered', dueAt: null };
  if (pause === undefined) return { ...common, status: 'failed', dueAt: null };
  return { ...common, status: 'pending', dueAt: new Date(at.getTime() + pause * 1000) };
}

/**
 * Writes how attempts ended. Ten deliveries given up in a row, without one that went through in between, switch the
 * endpoint off; a delivery counts when its retries are used up, not at each attempt. In the order in which they ended.
 */
export async function settle(
  deps: Pick<AttemptDeps, 'clock' | 'ids' | 'webhooks'>,
  { poolId, id }: Pick<Webhook, 'poolId' | 'id'>,
  input: { readonly claim: Uuid; readonly outcomes: readonly Outcome[] },
): Promise<void> {
  const { outcomes } = input;
  if (!outcomes.some(({ status }) => status === 'failed')) {
    const clearsFailures = outcomes.some(({ status }) => status === 'delivered');
    await deps.webhooks.settleDeliveries(poolId, id, { ...input, clearsFailures });
    return;
  }
  await deps.webhooks.transaction(async (tx) => {
    const webhook = await tx.lockWebhook(poolId, id);
    const settled = await tx.settleDeliveries(poolId, id, { ...input, clearsFailures: false });
    if (webhook === null) return;
    let failures = webhook.failures;
    for (const { status } of settled) {
      if (status === 'delivered' && failures < FAILURES_MAX) failures = 0;
      if (status === 'failed') failures += 1;
    }
    const trips = webhook.isActive && failures >= FAILURES_MAX;
    if (failures === webhook.failures) return;
    const at = deps.clock.now();
    await tx.updateWebhook({
      ...webhook,
      failures,
      ...(trips ? { isActive: false, disabledAt: at } : {}),
      updatedAt: trips ? at : webhook.updatedAt,
    });
    if (!trips) return;
    await tx.parkDeliveries(poolId, id);
    await auditOf(deps, null, poolId, null)(tx, 'webhook.disabled', id, ['is_active']);
  });
}
