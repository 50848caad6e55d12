import type { Uuid } from '../../kit/ids.ts';
import type { AuditEvent, OffsetPage, Stamp } from '../pools/ports.ts';
import type { KeyInflection, PoolId } from '../ports.ts';
import type { Condition } from './conditions.ts';

export type WebhookId = Uuid & { readonly isWebhook: true };
export type DeliveryId = Uuid & { readonly isDelivery: true };

/** Whose event names and envelope an endpoint speaks. */
export const DIALECTS = ['verification', 'kyc'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** What the owner of an endpoint says about it, beside its address. */
export interface WebhookDefinition {
  /** Names in the endpoint's dialect; null: all. */
  readonly enabledEvents: readonly string[] | null;
  /** Names that are left out of the names of changed fields. */
  readonly attributeBlocklist: readonly string[];
  /** All must hold. */
  readonly conditions: readonly Condition[];
  /** `YYYY-MM-DD`. */
  readonly apiVersion: string;
  readonly keyInflection: KeyInflection;
  readonly label: string | null;
  readonly description: string | null;
}

export interface Webhook extends WebhookDefinition {
  readonly poolId: PoolId;
  readonly id: WebhookId;
  readonly url: string;
  readonly dialect: DialectName;
  readonly isActive: boolean;
  readonly disabledAt: Date | null;
  /** Deliveries in a row that were given up. */
  readonly failures: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StoredWebhook extends Webhook {
  readonly sealedSecret: Buffer;
  /** The pool's, at the moment of reading: its keys of then, or later ones, open the secret. */
  readonly configVersion: number;
}

/** An outbox event: what happened, without personal data. */
export interface OutboxEvent {
  readonly eventId: Uuid;
  readonly at: Date;
  /** The core's name. */
  readonly type: string;
  readonly subjectId: Uuid;
  /** Rises with every change of the subject. */
  readonly subjectVersion: number;
  /** The core's names of changed fields. */
  readonly fields: readonly string[];
  readonly data: Readonly<Record<string, unknown>> | null;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';
export const DELIVERY_STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed'];

/**
 * Why an attempt came to nothing: `status`, an answer other than 2xx; `no_answer`, none at all or none in time;
 * `destination_refused`, an address that this server does not call.
 */
export type DeliveryFailure = 'status' | 'no_answer' | 'destination_refused';

export interface Delivery extends OutboxEvent {
  readonly id: DeliveryId;
  readonly webhookId: WebhookId;
  readonly status: DeliveryStatus;
  /** Attempts whose end was seen. */
  readonly attempts: number;
  /** Null when it has ended, or waits for its endpoint to be switched on. */
  readonly dueAt: Date | null;
  readonly attemptedAt: Date | null;
  readonly endedAt: Date | null;
  /** Of the last attempt. */
  readonly responseStatus: number | null;
  readonly failure: DeliveryFailure | null;
  readonly createdAt: Date;
}

export interface NewDelivery extends OutboxEvent {
  readonly id: DeliveryId;
  readonly webhookId: WebhookId;
}

/** How an attempt ended, and what becomes of the delivery. */
export interface Outcome {
  readonly id: DeliveryId;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Of one that stays pending. */
  readonly dueAt: Date | null;
  readonly at: Date;
  readonly responseStatus: number | null;
  readonly failure: DeliveryFailure | null;
}

export interface WebhookWork {
  /** Pools with events that nobody has looked at. */
  readonly feeds: readonly PoolId[];
  /** Endpoints with something due. */
  readonly due: readonly { readonly poolId: PoolId; readonly webhookId: WebhookId }[];
}

/** Endpoints of a pool and what is sent to them. Every method but `findWork` stays inside the pool given. */
export interface WebhookStore {
  /** One transaction, run again where the database asks for it. */
  transaction<T>(work: (tx: WebhookStore) => Promise<T>): Promise<T>;

  insertWebhook(webhook: Omit<StoredWebhook, 'configVersion'>): Promise<void>;
  countWebhooks(poolId: PoolId): Promise<number>;
  listWebhooks(poolId: PoolId, window: Window): Promise<OffsetPage<StoredWebhook>>;
  findWebhook(poolId: PoolId, id: WebhookId): Promise<StoredWebhook | null>;
  /** Held against other changes until the transaction ends. */
  lockWebhook(poolId: PoolId, id: WebhookId): Promise<StoredWebhook | null>;
  /** Of a locked one: everything but its id, dialect and creation. */
  updateWebhook(webhook: Omit<StoredWebhook, 'configVersion'>): Promise<void>;
  /** With its deliveries. */
  removeWebhook(poolId: PoolId, id: WebhookId): Promise<boolean>;
  /** Takes pending deliveries out of turn while their endpoint, locked, is switched off. */
  parkDeliveries(poolId: PoolId, id: WebhookId): Promise<void>;
  /** Makes them due at once. */
  unparkDeliveries(poolId: PoolId, id: WebhookId, at: Date): Promise<void>;
  audit(stamp: Stamp, event: AuditEvent): Promise<void>;

  /** Newest first. */
  listDeliveries(
    poolId: PoolId,
    id: WebhookId,
    query: Window & { status: DeliveryStatus | null },
  ): Promise<OffsetPage<Delivery>>;
  findDelivery(poolId: PoolId, webhookId: WebhookId, id: DeliveryId): Promise<Delivery | null>;
  /** Makes an ended delivery pending again. @returns False when it is pending already. */
  replayDelivery(poolId: PoolId, webhookId: WebhookId, id: DeliveryId, dueAt: Date | null): Promise<boolean>;

  /** Over all pools: asked once a tick. */
  findWork(now: Date): Promise<WebhookWork>;
  /**
   * Takes a pool's feed for the rest of the transaction.
   * @returns Where its next batch begins; null when somebody else has it.
   */
  takeFeed(poolId: PoolId): Promise<{ cursor: Uuid | null } | null>;
  setFeedCursor(poolId: PoolId, cursor: Uuid | null): Promise<void>;
  /** Where no endpoint is switched on: marks events, at most so many, as looked at. @returns How many. */
  markUnheard(poolId: PoolId, input: { at: Date; limit: number }): Promise<number>;
  /** Events that nobody looked at, subject by subject, each subject's in the order of its changes. */
  listWaiting(poolId: PoolId, input: { from: Uuid | null; limit: number }): Promise<OutboxEvent[]>;
  /** Switched on; held so until the transaction ends. */
  lockActiveWebhooks(poolId: PoolId): Promise<Webhook[]>;
  insertDeliveries(poolId: PoolId, deliveries: readonly NewDelivery[], at: Date): Promise<void>;
  markFannedOut(poolId: PoolId, eventIds: readonly Uuid[], at: Date): Promise<void>;

  /**
   * Takes due deliveries of an endpoint that is switched on, of each subject the first one only. One statement; nobody
   * else gets them before `until`.
   */
  claimDeliveries(
    poolId: PoolId,
    id: WebhookId,
    input: { claim: Uuid; now: Date; until: Date; limit: number },
  ): Promise<Delivery[]>;
  /**
   * Those that the claim still holds.
   * @param input.clearsFailures Something went through: the count of failures in a row starts anew.
   * @returns The outcomes that were written.
   */
  settleDeliveries(
    poolId: PoolId,
    id: WebhookId,
    input: { claim: Uuid; outcomes: readonly Outcome[]; clearsFailures: boolean },
  ): Promise<Outcome[]>;
}

export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** Posts to an address that a tenant chose. */
export interface WebhookSender {
  /**
   * @returns The answer's status, whatever it is; its body is not looked at.
   * @throws DestinationRefused @throws Unavailable
   */
  post(request: {
    url: string;
    headers: Readonly<Record<string, string>>;
    body: string;
    /** For the log. */
    deliveryId: DeliveryId;
    signal: AbortSignal;
  }): Promise<{ status: number }>;
}

export interface WebhookSigner {
  /** HMAC-SHA-256 under the whole secret text, as lower-case hex. */
  sign(secret: string, text: string): string;
}
