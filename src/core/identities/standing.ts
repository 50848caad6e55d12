import type { IdentityId } from '../ports.ts';

/** Where a record is in its life (R8). */
export type LifecycleStatus = 'extant' | 'archived' | 'deleted' | 'erased';

/**
 * What is known of an identity without opening its box, and stays when the box is destroyed: no personal data but the
 * country, which erasing removes. Times are ISO 8601 texts, since this is kept as JSON.
 */
export interface Standing {
  /** Verification's status; absent is `pending`. */
  readonly status?: string;
  /** The customer's own reference, unique in the pool. */
  readonly externalRef?: string;
  /** ISO 3166-1 alpha-2: where the person was verified, not where they live. */
  readonly country?: string;
  readonly typeId?: string;
  /** Absent: nobody said yet, which reads as a person (R11). */
  readonly type?: 'person' | 'company';
  /** The person that answers for a company. That one may be gone: read it with `ownerOf`. */
  readonly identityOwner?: IdentityId;
  /** Cannot log in anywhere; its e-mail stays reserved when it is deleted (R2, R8). */
  readonly blocked?: true;
  /** Since when `blocked` is what it is; absent: always. ISO 8601. */
  readonly stateChangedAt?: string;
  readonly riskRating?: 'low' | 'medium' | 'high';
  /** Counts changes of what providers of verdicts look at, whichever surface made them (contract kyc 4.2). */
  readonly factsRevision?: number;
  /** Verifications that were linked at their completion. */
  readonly sessions?: number;
  readonly latestSessionId?: string;
  readonly latestSessionEndedAt?: string;
  readonly firstVerifiedAt?: string;
  readonly lastVerifiedAt?: string;
  readonly archivedAt?: string;
  /** Personal data were confirmed by a verification (R1, R5); never back. */
  readonly confirmed?: true;
  readonly mergedInto?: IdentityId;
  /** Monitoring was paused by hand, which archiving and restoring leave alone. */
  readonly monitoringPaused?: true;
}

export const PENDING = 'pending';

export function verificationStatusOf(standing: Standing): string {
  return standing.status ?? PENDING;
}

/** Folded into another record, for good. */
export function isMergedStanding(standing: Standing): boolean {
  return standing.status === 'merged';
}

/**
 * The running total that counts this identity on verification's lists: `listed:` and `archived:` with its status.
 * Deleted identities are on none.
 */
export function listTallyOf(status: LifecycleStatus, standing: Standing): string | null {
  if (status === 'deleted') return null;
  return `${status === 'archived' ? 'archived' : 'listed'}:${verificationStatusOf(standing)}`;
}

export const RISKS = ['none', 'low', 'medium', 'high'] as const;

/** What the kyc surface's structural filters tell apart. Every combination of them is a few segments. */
export interface Segment {
  readonly type: 'person' | 'company';
  readonly isBlocked: boolean;
  readonly risk: (typeof RISKS)[number];
}

/** Begins the names of the running totals of segments. */
export const SEGMENT_TALLIES = 'kyc:';

export function segmentTally({ type, isBlocked, risk }: Segment): string {
  return `${SEGMENT_TALLIES}${type}:${isBlocked ? 'blocked' : 'free'}:${risk}`;
}

/** The running total that counts this identity on the kyc surface's lists; closed and merged ones are on none. */
export function segmentTallyOf(status: LifecycleStatus, standing: Standing): string | null {
  if ((status !== 'extant' && status !== 'archived') || isMergedStanding(standing)) return null;
  const { type = 'person', blocked = false, riskRating: risk = 'none' } = standing;
  return segmentTally({ type, isBlocked: blocked, risk });
}

/** A copy without the keys whose value is undefined, so that equal standings are equal JSON. */
export function standingOf(parts: { [Key in keyof Standing]: Standing[Key] | undefined }): Standing {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Standing;
}
