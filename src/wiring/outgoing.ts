import type { Config } from '../config/load.ts';
import { DestinationRefused } from '../core/errors.ts';
import type { WebhookSender } from '../core/webhooks/ports.ts';
import type { Log } from '../http/logging.ts';
import { createGuardedClient, type GuardedClient } from '../providers/net/guarded-client.ts';

/** A receiver has so long to answer (contract verification 5.4); what it says is not looked at. */
const WEBHOOK_TIMEOUT_MS = 30_000;
const WEBHOOK_BYTES_MAX = 64 * 1024;

/** A KYC provider that needs longer answers 202, and reports later. */
const PROVIDER_TIMEOUT_MS = 30_000;
const PROVIDER_BYTES_MAX = 64 * 1024;

/** The way out to KYC providers, whose addresses operators set. */
export function createProviderClient({ outgoing }: Config): GuardedClient {
  return createGuardedClient({
    allowPrivate: outgoing.allowPrivate,
    timeoutMs: PROVIDER_TIMEOUT_MS,
    maxResponseBytes: PROVIDER_BYTES_MAX,
  });
}

/** Published keys of a large provider are more than those of a small one. */
const IDENTITY_PROVIDER_BYTES_MAX = 256 * 1024;

/** The way out to identity providers, whose addresses operators set; each call has a shorter time limit of its own. */
export function createIdentityProviderClient({ outgoing }: Config): GuardedClient {
  return createGuardedClient({
    allowPrivate: outgoing.allowPrivate,
    timeoutMs: PROVIDER_TIMEOUT_MS,
    maxResponseBytes: IDENTITY_PROVIDER_BYTES_MAX,
  });
}

/** The one way out for what tenants ask us to call. */
export function createWebhookSender({ outgoing }: Config, log: Log): WebhookSender {
  const client = createGuardedClient({
    allowPrivate: outgoing.allowPrivate,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    maxResponseBytes: WEBHOOK_BYTES_MAX,
  });
  return {
    async post({ deliveryId, ...request }) {
      try {
        return await client.request({ ...request, method: 'POST', excess: 'cut' });
      } catch (error) {
        // Not where to, and not what the name resolved to.
        if (error instanceof DestinationRefused) {
          log.general.warn({ deliveryId, reason: error.detail }, 'webhook destination refused');
        }
        throw error;
      }
    },
  };
}
