import type { Uuid } from '../../kit/ids.ts';
import type { Announcement, EventData } from '../identities/ports.ts';
import type { AuditEvent, OffsetPage, Stamp } from '../pools/ports.ts';
import type { IdentityId, PoolId } from '../ports.ts';

/** A session, its result and KYC's verification are one record under one id (DESIGN R5). */
export type VerificationId = Uuid & { readonly isVerification: true };

/** Somebody may still decide these. */
export const ACTIVE_STATUSES = [
  'pending',
  'capturing',
  'processing',
  'awaiting_external',
  'under_review',
  'sandbox_pending',
] as const;
export const SESSION_STATUSES = [...ACTIVE_STATUSES, 'completed', 'expired', 'failed'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export const RESULT_STATUSES = ['approved', 'rejected', 'needs_review'] as const;
export type ResultStatus = (typeof RESULT_STATUSES)[number];

/** What stays readable, also when the content is destroyed: no personal data. */
export interface VerificationFacts {
  readonly workflowId?: string;
  /** Who decides: a provider of the kyc surface. Such a verification is about its identity from the beginning. */
  readonly provider?: string;
  /** Of one that a provider decides: it was counted among its identity's sessions. */
  readonly isCounted?: true;
  /** Why a provider did not approve: stable codes. */
  readonly exceptions?: readonly string[];
  readonly result?: {
    readonly status: ResultStatus;
    /** ISO 8601. */
    readonly createdAt: string;
  };
}

/** A verification's row, sealed, with its wrapped data key and the configuration version at the same moment. */
export interface StoredVerification {
  readonly poolId: PoolId;
  readonly id: VerificationId;
  /** Null until it counts for an identity. */
  readonly identityId: IdentityId | null;
  readonly externalRef: string | null;
  readonly status: SessionStatus;
  readonly version: number;
  readonly facts: VerificationFacts;
  /** Null once redacted, and so is the key. */
  readonly content: Buffer | null;
  readonly wrappedKey: Buffer | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the latest decision that ended it. */
  readonly endedAt: Date | null;
  readonly redactedAt: Date | null;
  readonly configVersion: number;
}

/** The audit entry and events of a write; each event names the same fields. */
export interface VerificationMark {
  readonly stamp: Stamp;
  readonly event: AuditEvent;
  readonly announcements: readonly Announcement[];
  readonly eventData: EventData;
}

export interface VerificationInsert extends VerificationMark {
  readonly verification: StoredVerification & { readonly content: Buffer; readonly wrappedKey: Buffer };
}

export interface VerificationChange extends VerificationMark {
  /** As it will be; its `version` is the one that the change was computed from. */
  readonly verification: StoredVerification;
  /** Destroys the data key, and the replies that were sealed under it. `content` must be null. */
  readonly erases: boolean;
}

export interface VerificationQuery {
  readonly status: SessionStatus | null;
  readonly externalRef: string | null;
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
}

/** Verifications of pools. Every method stays inside the pool given. */
export interface VerificationStore {
  findVerification(poolId: PoolId, id: VerificationId): Promise<StoredVerification | null>;
  /** Those that there are, in any order. */
  findVerifications(poolId: PoolId, ids: readonly VerificationId[]): Promise<StoredVerification[]>;
  /** Newest first. */
  listVerifications(poolId: PoolId, query: VerificationQuery): Promise<OffsetPage<StoredVerification>>;
  /** Those that count for an identity, newest first. */
  listOfIdentity(
    poolId: PoolId,
    identityId: IdentityId,
    window: { offset: number; limit: number },
  ): Promise<StoredVerification[]>;
  /** Those that are about an identity that is open and not merged, newest first; of all of them where it is null. */
  listLinked(
    poolId: PoolId,
    query: { identityId: IdentityId | null; offset: number; limit: number },
  ): Promise<OffsetPage<StoredVerification>>;
  /** One statement: row, key, audit and outbox, or nothing. `stale` when the configuration moved on. */
  insertVerification(insert: VerificationInsert): Promise<'done' | 'stale'>;
  /** Likewise, on condition that the version still holds. In a transaction where it erases. */
  changeVerification(change: VerificationChange): Promise<'done' | 'stale'>;
  /**
   * Takes one of a window's quota, for the rest of the transaction: whoever comes at the same time waits.
   * @returns How many are used then; null when there is none left.
   */
  takeQuota(
    poolId: PoolId,
    quota: { name: string; windowStart: Date; limit: number },
  ): Promise<number | null>;
  /** How many of a window's quota are used. */
  quotaUsed(poolId: PoolId, quota: { name: string; windowStart: Date }): Promise<number>;
}
