import { base32OfBytes } from '../../kit/base32.ts';
import type { Deps } from '../deps.ts';
import type { StoredWebhook, WebhookId } from './ports.ts';

const SECRET_BYTES = 32;

export function createSecret({ random }: Pick<Deps, 'random'>): string {
  return `whsec_${base32OfBytes(random.bytes(SECRET_BYTES))}`;
}

/** Bound to the endpoint: a secret that is moved to another row does not open. */
export function secretSection(id: WebhookId): string {
  return `webhook-secret:${id}`;
}

/** @throws SealBroken @throws Unavailable */
export async function openSecret({ vault }: Pick<Deps, 'vault'>, webhook: StoredWebhook): Promise<string> {
  const keys = await vault.pool(webhook.poolId, webhook.configVersion);
  return keys.open(secretSection(webhook.id), webhook.sealedSecret).toString('utf8');
}
