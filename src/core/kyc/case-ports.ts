import type { Uuid } from '../../kit/ids.ts';
import type { IdentityId, PoolId } from '../ports.ts';
import type { VerificationId } from '../verification/ports.ts';
import type { CatchUpStore } from './catch-up-ports.ts';
import type { KycCheck, KycState, Risk } from './provider.ts';

/**
 * What is to be done about a case next, apart from waiting. `companies`: it is approved now, and companies of that person
 * that were left waiting for it are asked again.
 */
export type CaseTask = 'submit' | 'refresh' | 'cancel' | 'companies';

/** What one provider makes of one identity: an entry of `kycStatus` (contract kyc 4.1). No personal data. */
export interface KycCase {
  readonly poolId: PoolId;
  readonly identityId: IdentityId;
  readonly provider: string;
  readonly state: KycState;
  /** Stable codes, sorted, each once. */
  readonly exceptions: readonly string[];
  readonly checks: readonly KycCheck[];
  readonly risk: Risk | null;
  readonly verificationId: VerificationId;
  /** Of the facts that the verification is about; see `Standing.factsRevision`. */
  readonly revision: number;
  /** `YYYY-MM-DD`. */
  readonly validUntil: string | null;
  /** The provider's own name of the case. */
  readonly externalRef: string | null;
  readonly task: CaseTask | null;
  /** When the task is to be done; null: somebody else moves next. */
  readonly dueAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StoredCase extends KycCase {
  /** Counts changes; those of the queue alone (claims, attempts) do not count. */
  readonly version: number;
  /** Times that the task was begun and did not come to its end. */
  readonly attempts: number;
}

/** A case that this process works on, until its lease is over. */
export interface ClaimedCase extends StoredCase {
  readonly claim: Uuid;
}

/** Cases and their queue. Every method stays inside the pool given. */
export interface CaseStore extends CatchUpStore {
  /** Of these identities, in order of identity and provider. */
  listCases(poolId: PoolId, identityIds: readonly IdentityId[]): Promise<StoredCase[]>;
  findCase(poolId: PoolId, identityId: IdentityId, provider: string): Promise<StoredCase | null>;
  findByVerification(poolId: PoolId, verificationId: VerificationId): Promise<StoredCase | null>;
  /**
   * Writes a case on condition that it still has `version`; null: that there is none yet. Frees it from whoever had
   * claimed it, so that what he brings comes too late.
   */
  putCase(kycCase: KycCase, version: number | null): Promise<'done' | 'stale'>;

  /** A scatter, once a tick: pools with a task that is due. */
  listPoolsWithTasks(now: Date): Promise<PoolId[]>;
  /** Takes tasks that are due, the longest first; nobody else gets them before `leaseUntil`. */
  claimTasks(
    poolId: PoolId,
    input: { now: Date; leaseUntil: Date; claim: Uuid; limit: number },
  ): Promise<ClaimedCase[]>;
  /** Gives a claimed task back; a null `dueAt` ends it. Nothing where the claim is lost. */
  releaseTask(
    claimed: ClaimedCase,
    next: { attempts: number; dueAt: Date | null; task: CaseTask | null; externalRef?: string },
  ): Promise<void>;

  /** Scatters, once a sweep. Approved ones whose evidence held until before `today`. */
  listPoolsWithExpired(today: string): Promise<PoolId[]>;
  listExpired(poolId: PoolId, today: string, limit: number): Promise<StoredCase[]>;
  /** Cases that somebody may still decide, of identities that are closed or merged. */
  listPoolsWithOrphans(): Promise<PoolId[]>;
  listOrphans(poolId: PoolId, limit: number): Promise<StoredCase[]>;

  /** Companies of an owner, by id, whose case at a provider waits for a person because of that owner. */
  listWaitingForOwner(
    poolId: PoolId,
    input: { owner: IdentityId; provider: string; after: IdentityId | null; limit: number },
  ): Promise<IdentityId[]>;

  /** Cases in `exception`, the longest first, after the given place. */
  listForReview(
    poolId: PoolId,
    input: {
      after: { updatedAt: Date; identityId: IdentityId; provider: string } | null;
      provider: string | null;
      limit: number;
    },
  ): Promise<StoredCase[]>;
}
