import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { Changed } from '../identities/revision.ts';
import type { ActingContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { heldWithin, refreshPool, tryAgain } from '../records.ts';
import { isActive } from '../verification/decision.ts';
import type { StoredVerification, VerificationId, VerificationInsert } from '../verification/ports.ts';
import { sealContent } from '../verification/verification-content.ts';
import type { StoredCase } from './case-ports.ts';

export type VerificationNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>;
type Stores = Pick<RecordStores, 'verifications'>;
/** An identity that is being made or changed in the same transaction. */
export type CaseIdentity = Pick<Changed, 'stored' | 'profile' | 'config' | 'vault'>;

/**
 * The verification of a case (R5: verification's surface shows it as a session). It is about its identity from the
 * beginning.
 */
export async function insertVerification(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  about: { identity: CaseIdentity; provider: string; isAgain: boolean },
): Promise<VerificationId> {
  const insert = prepareVerification(deps, context, about);
  const { poolId, id } = insert.verification;
  const outcome = await tx.verifications.insertVerification(insert);
  if (outcome === 'stale') tryAgain(() => refreshPool(deps, poolId));
  return id;
}

/** What a verification of a case amounts to in the store. Writes nothing. */
export function prepareVerification(
  deps: Pick<VerificationNeeds, 'clock' | 'ids'>,
  context: ActingContext,
  { identity, provider, isAgain }: { identity: CaseIdentity; provider: string; isAgain: boolean },
): VerificationInsert {
  const { config, vault } = identity;
  const { poolId, id: identityId, standing } = identity.stored;
  const stamp = stampOf(deps, context, poolId, vault);
  const id = deps.ids.next() as VerificationId;
  const { key, wrapped } = vault.createIdentityKey(id);
  const verification: StoredVerification & { content: Buffer; wrappedKey: Buffer } = {
    ...{ poolId, id, identityId, externalRef: standing.externalRef ?? null, version: 1 },
    status: config.environment === 'sandbox' ? 'sandbox_pending' : 'processing',
    facts: { provider },
    ...{ content: sealContent(key, { format: 1, metadata: {} }), wrappedKey: wrapped },
    ...{ createdAt: stamp.at, updatedAt: stamp.at, endedAt: null, redactedAt: null },
    configVersion: config.version,
  };
  const events = ['session.created', ...(isAgain ? ['session.updated'] : [])];
  return {
    verification,
    stamp,
    event: { action: 'session.created', subjectId: id, fields: ['status'] },
    announcements: events.map((type, index) => ({ id: index === 0 ? stamp.eventId : deps.ids.next(), type })),
    eventData: { externalRef: verification.externalRef, status: verification.status, identityId },
  };
}

/** A verification that another one replaces, or that is about nobody any more. */
export async function endVerification(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  before: StoredCase,
): Promise<void> {
  const verification = await findVerification(tx, before);
  if (!isActive(verification)) return;
  const ended: StoredVerification = { ...verification, status: 'expired', endedAt: deps.clock.now() };
  await changeVerification(tx, deps, context, ended, { type: 'session.expired', fields: ['status'] });
}

export async function findVerification(
  tx: Stores,
  { poolId, verificationId }: StoredCase,
): Promise<StoredVerification> {
  const found = await tx.verifications.findVerification(poolId, verificationId);
  if (found === null) throw new InternalFault('a case without its verification');
  return found;
}

/** Writes it with its audit entry and the event of this type. */
export async function changeVerification(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  verification: StoredVerification,
  { type, fields }: { type: string; fields: readonly string[] },
): Promise<void> {
  const { poolId, id, externalRef, status, identityId, configVersion } = verification;
  const { vault } = heldWithin(deps, poolId, configVersion);
  const stamp = stampOf(deps, context, poolId, vault);
  const outcome = await tx.verifications.changeVerification({
    verification: { ...verification, updatedAt: stamp.at },
    erases: false,
    stamp,
    event: { action: type, subjectId: id, fields },
    announcements: [{ id: stamp.eventId, type }],
    eventData: { externalRef, status, identityId },
  });
  if (outcome === 'stale') tryAgain();
}
