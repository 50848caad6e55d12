import { createHmac } from 'node:crypto';
import type { WebhookSigner } from '../core/webhooks/ports.ts';

export const webhookSigner: WebhookSigner = {
  sign: (secret, text) => createHmac('sha256', secret).update(text).digest('hex'),
};
