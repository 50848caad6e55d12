import type { Environment } from '../ports.ts';
import type { ConditionField } from './conditions.ts';
import type { OutboxEvent, Webhook } from './ports.ts';

/** What one surface's clients are told of the core's events, and how. */
export interface Dialect {
  /** Every name that an endpoint may ask for. */
  readonly events: readonly string[];
  /** The name of a core event; null: it is not sent. */
  nameOf(type: string): string | null;
  /** Whether an event with a name is about something that this surface's clients know. */
  concerns(event: OutboxEvent): boolean;
  /** What conditions look at. */
  dataOf(event: OutboxEvent, environment: Environment): Readonly<Partial<Record<ConditionField, unknown>>>;
  /** The body, spelled as the endpoint wants it. The same event has one key, whenever and wherever it is sent. */
  render(event: OutboxEvent, webhook: Webhook, environment: Environment): string;
  /** Headers with which the other side tells a message of ours from one of somebody else's. */
  sign(input: {
    body: string;
    at: Date;
    deliveryId: string;
    hmac: (text: string) => string;
  }): Readonly<Record<string, string>>;
}
