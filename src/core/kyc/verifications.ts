import type { Deps } from '../deps.ts';
import { isVisible } from '../identities/visibility.ts';
import type { OffsetPage } from '../pools/ports.ts';
import type { IdentityId, Principal } from '../ports.ts';
import { isActive } from '../verification/decision.ts';
import type { StoredVerification, VerificationId } from '../verification/ports.ts';
import { VerificationNotFound } from './case-errors.ts';
import { findKycRecord } from './find-identity.ts';

import type { KycState } from './provider.ts';

/** One verification as the kyc surface shows it, whichever surface opened it (R5). */
export interface KycVerification {
  readonly id: VerificationId;
  readonly identityId: IdentityId;
  readonly state: KycState;
  /** Stable codes, sorted, each once. */
  readonly exceptions: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type Needs = Pick<Deps, 'identities' | 'verifications'>;

/**
 * Verifications that are about an identity that is there, newest first.
 *
 * @param input.identityId Of this identity alone; null: of every one.
 * @throws NotFound The identity.
 * @see Contract kyc 3.10.
 */
export async function listKycVerifications(
  deps: Needs,
  principal: Principal,
  input: { identityId: IdentityId | null; offset: number; limit: number },
): Promise<OffsetPage<KycVerification>> {
  if (input.identityId !== null) await findKycRecord(deps, principal, input.identityId);
  const { items, total } = await deps.verifications.listLinked(principal.poolId, input);
  return { items: items.flatMap((stored) => viewVerification(stored) ?? []), total };
}

/** @throws VerificationNotFound */
export async function findKycVerification(
  { identities, verifications }: Needs,
  { poolId }: Principal,
  id: VerificationId,
): Promise<KycVerification> {
  const stored = await verifications.findVerification(poolId, id);
  const view = stored === null ? null : viewVerification(stored);
  const identity = view === null ? null : await identities.findIdentity(poolId, view.identityId);
  if (view === null || identity === null || !isVisible(identity)) throw new VerificationNotFound();
  return view;
}

/** @returns Null for one that is about nobody yet. */
function viewVerification(stored: StoredVerification): KycVerification | null {
  const { id, identityId, facts, createdAt, updatedAt } = stored;
  if (identityId === null) return null;
  const state = stateOf(stored);
  return { id, identityId, state, exceptions: facts.exceptions ?? [], createdAt, updatedAt };
}

/** What ended without a verdict, for whatever reason, is `expired`: a fault is never a rejection (contract kyc 4.2). */
function stateOf({ status, facts }: StoredVerification): KycState {
  if (status === 'under_review') return 'exception';
  if (isActive({ status })) return 'pending';
  if (status !== 'completed') return 'expired';
  return facts.result?.status === 'approved' ? 'approved' : 'rejected';
}
