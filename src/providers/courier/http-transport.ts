import type { MessageTransport, TransportOutcome } from '../../core/courier/ports.ts';
import { DestinationRefused, Unavailable } from '../../core/errors.ts';
import type { GuardedClient } from '../net/guarded-client.ts';

export interface HttpOptions {
  readonly url: string;
  /** Who it says that it is from; null: the service's own choice. */
  readonly from: string | null;
  /** The `Authorization` header, whole; null: none. */
  readonly authorization: string | null;
  /** Bounded in time and size; see `createGuardedClient`. */
  readonly client: GuardedClient;
}

/** That the request itself is at fault, and will be the next time. */
const REFUSED: ReadonlySet<number> = new Set([400, 404, 410, 413, 422]);

/**
 * Hands text messages to a service over HTTP: `POST` with `{"to", "from", "body", "template", "id"}`. The message's id is
 * the `Idempotency-Key` too, so that a service that knows it sends a repetition once. 2xx is success; 400, 404, 410, 413
 * and 422 are a refusal; with everything else (limits, a bad token, faults) it is tried again.
 */
export function createHttpTransport({ url, from, authorization, client }: HttpOptions): MessageTransport {
  return {
    async send({ id, recipient, text, templateType }, signal) {
      const body = JSON.stringify({ to: recipient, from, body: text, template: templateType, id });
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Selfsame-Courier/1',
        'idempotency-key': id,
        ...(authorization === null ? {} : { authorization }),
      };
      try {
        const { status } = await client.request({
          method: 'POST',
          url,
          headers,
          body,
          signal,
          excess: 'cut',
        });
        return outcomeOf(status);
      } catch (error) {
        if (error instanceof Unavailable || error instanceof DestinationRefused) return 'retry';
        throw error;
      }
    },
  };
}

function outcomeOf(status: number): TransportOutcome {
  if (status >= 200 && status < 300) return 'sent';
  return REFUSED.has(status) ? 'refused' : 'retry';
}
