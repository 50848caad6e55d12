import type { Uuid } from '../../kit/ids.ts';
import type { AuditEvent, Stamp } from '../pools/ports.ts';
import type { IdentityId, PoolId } from '../ports.ts';
import type { Channel, StoredTemplate, TemplateType } from './templates.ts';

export type MessageId = Uuid & { readonly isMessage: true };

/** `processing`: some process is sending it right now. */
export const MESSAGE_STATUSES = ['queued', 'sent', 'processing', 'abandoned'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/**
 * Why an attempt came to nothing: `not_accepted`, the transport could not hand it over and it may be tried again;
 * `refused`, the other side will not have it; `unreadable`, its content does not open; `no_outcome`, the last attempt
 * was begun and nobody saw its end.
 */
export type DispatchFailure = 'not_accepted' | 'refused' | 'unreadable' | 'no_outcome';

/** One attempt that ended. */
export interface Dispatch {
  readonly id: Uuid;
  readonly failure: DispatchFailure | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A message as it is known without opening it. */
export interface MessageRow {
  readonly poolId: PoolId;
  readonly id: MessageId;
  readonly identityId: IdentityId | null;
  readonly status: MessageStatus;
  readonly type: Channel;
  readonly templateType: TemplateType;
  /** Attempts that were begun. */
  readonly sendCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** With its boxes, the wrapped key that opens them, and the configuration version at that moment. */
export interface StoredMessage extends MessageRow {
  readonly head: Buffer;
  /** Null once it has ended, unless it was to be kept. */
  readonly body: Buffer | null;
  readonly wrappedKey: Buffer;
  readonly configVersion: number;
}

export type MessageInsert = Omit<StoredMessage, 'status' | 'sendCount' | 'updatedAt' | 'configVersion'> & {
  readonly body: Buffer;
  readonly recipientDigest: Buffer;
};

/** How an attempt ended, and what becomes of the message. */
export interface Settlement {
  readonly id: MessageId;
  readonly claim: Uuid;
  readonly status: Exclude<MessageStatus, 'processing'>;
  /** Of one that is to be tried again. */
  readonly dueAt: Date | null;
  readonly at: Date;
  /** Removes text, HTML and code. */
  readonly dropsBody: boolean;
  readonly dispatch: Dispatch;
}

/** Messages of a pool. Every method but those that say so stays inside the pool given. */
export interface CourierStore {
  transaction<T>(work: (tx: CourierStore) => Promise<T>): Promise<T>;

  /**
   * Due at once. Within a transaction that also writes what the message is about.
   * @returns False when the identity's data key is not the one that sealed it, any more; nothing was written.
   */
  insertMessage(message: MessageInsert): Promise<boolean>;
  /** Newest first. What cannot be opened for want of a key is left out. */
  listMessages(
    poolId: PoolId,
    query: {
      readonly status: MessageStatus | null;
      readonly recipientDigest: Buffer | null;
      readonly before: MessageId | null;
      readonly limit: number;
    },
  ): Promise<StoredMessage[]>;
  findMessage(poolId: PoolId, id: MessageId): Promise<StoredMessage | null>;
  /** In the order in which they were made. */
  listDispatches(poolId: PoolId, id: MessageId): Promise<Dispatch[]>;

  /** Over all pools: those with something due. */
  listPoolsWithDue(now: Date, types: readonly Channel[]): Promise<PoolId[]>;
  /** Takes what has been due longest and counts an attempt. One statement; nobody else gets it before `until`. */
  claimMessage(
    poolId: PoolId,
    input: { claim: Uuid; now: Date; until: Date; types: readonly Channel[] },
  ): Promise<MessageId | null>;
  /** @returns False when the claim was lost: nothing was written. */
  settleMessage(poolId: PoolId, settlement: Settlement): Promise<boolean>;
  removeMessage(poolId: PoolId, id: MessageId): Promise<void>;
  /** Over all pools: those with messages that ended by then. */
  listPoolsWithEnded(by: Date): Promise<PoolId[]>;
  /** @returns How many, at most `limit`. */
  removeEnded(poolId: PoolId, by: Date, limit: number): Promise<number>;

  /** A pool's own texts of a type, in these languages or `*`. */
  listTemplates(
    poolId: PoolId,
    query: { templateType: TemplateType; channel: Channel; locales: readonly string[] } | null,
  ): Promise<StoredTemplate[]>;
  /** Of all types and languages, a channel each. */
  countTemplates(poolId: PoolId): Promise<number>;
  putTemplate(poolId: PoolId, template: StoredTemplate): Promise<void>;
  removeTemplate(
    poolId: PoolId,
    key: Pick<StoredTemplate, 'templateType' | 'channel' | 'locale'>,
  ): Promise<boolean>;
  audit(stamp: Stamp, event: AuditEvent): Promise<void>;
}

/** What a transport is given. Personal data, and a code that opens an account: for the other side only. */
export interface OutgoingMessage {
  /** The same at every attempt, so that the other side can tell a repetition. */
  readonly id: MessageId;
  readonly type: Channel;
  readonly templateType: TemplateType;
  readonly recipient: string;
  /** Empty for SMS. */
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly code: string | null;
  readonly createdAt: Date;
}

/** `retry`: not now, or not known whether. `refused`: this message never. */
export type TransportOutcome = 'sent' | 'retry' | 'refused';

export interface MessageTransport {
  /**
   * One attempt, at most a minute long. What the other side did is an answer, whatever it was.
   * @param signal Ends it at once.
   * @throws Unavailable What only the operator can mend: it is reported, and tried again.
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<TransportOutcome>;
}

/** What there is a transport for; messages of another kind wait until there is one. */
export type Transports = { readonly [K in Channel]: MessageTransport | null };
