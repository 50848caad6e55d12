import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import type { Changing } from '../identities/revision.ts';
import type { IdentityId, PoolId, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { openWithin, together } from '../records.ts';
import { togetherOnce } from '../together-once.ts';
import { findRecord, requireWritable } from './find-record.ts';
import { type Metadata, sealMetadata } from './relationship-metadata.ts';
import type { StoredRelationship } from './relationship-ports.ts';
import { deriveRelationships, isSystemType, type Relationship } from './relationships.ts';

const LINKS_MAX = 1000;
const SYSTEM = 'Relationships of this type are not made or removed by callers.';

type Needs = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation' | 'records' | 'relationships'
>;

/** Rows of open identities, held until the transaction ends; by id. @throws NotFound @throws WrongState */
export async function holdOpen(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>,
  tx: RecordStores,
  poolId: PoolId,
  ids: readonly IdentityId[],
): Promise<ReadonlyMap<IdentityId, Changing>> {
  await tx.merges.lockIdentities(poolId, ids);
  const held = new Map<IdentityId, Changing>();
  for (const id of ids) {
    const stored = await tx.identities.findIdentity(poolId, id);
    if (stored === null || stored.status === 'deleted') throw new NotFound();
    requireWritable(stored);
    held.set(id, openWithin(deps, stored));
  }
  return held;
}

/**
 * Links two identities, seen from both; what the caller says of it is sealed under both their keys.
 *
 * @throws NotFound One of the two. @throws WrongState Redacted or merged, or linked already, or too many links.
 * @throws InvalidInput Both are one.
 * @see Contract verification 3.10.
 */
export async function linkIdentities(
  deps: Needs,
  context: RequestContext,
  input: { reference: string; related: string; metadata: Metadata },
  idempotency: Idempotency<Relationship> | null,
): Promise<{ made: Relationship } | { replay: string }> {
  const { principal } = context;
  const [{ id, poolId }, { id: relatedId }] = await Promise.all([
    findRecord(deps, principal, input.reference),
    findRecord(deps, principal, input.related),
  ]);
  if (id === relatedId) {
    const message = 'must be another identity';
    throw new InvalidInput([{ path: ['related_identity_id'], code: 'invalid', message }]);
  }
  return togetherOnce(deps, context, idempotency, async (tx) => {
    const held = await holdOpen(deps, tx, poolId, [id, relatedId]);
    const [own, other] = [held.get(id), held.get(relatedId)];
    if (own === undefined || other === undefined) throw new NotFound();
    await requireRoom(tx, poolId, { id, relatedId });
    const stamp = stampOf(deps, context, poolId, own.vault);
    const made: StoredRelationship = {
      ...{ id: deps.ids.next(), identityId: id, relatedId, createdAt: stamp.at },
      type: 'user_linked',
    };
    const keys = new Map([[id, own.key] as const, [relatedId, other.key] as const]);
    const isEmpty = Object.keys(input.metadata).length === 0;
    const metadata = isEmpty ? null : sealMetadata({ relationshipId: made.id, keys }, input.metadata);
    await tx.relationships.insertRelationship(poolId, { ...made, metadata });
    const event = { action: 'identity.linked', subjectId: id, fields: ['relationships'] };
    await tx.organisation.record(stamp, event);
    return { made, sealer: { poolId, identityId: id, key: own.key } };
  });
}

async function requireRoom(
  { relationships }: RecordStores,
  poolId: PoolId,
  { id, relatedId }: { id: IdentityId; relatedId: IdentityId },
): Promise<void> {
  const type = 'user_linked';
  const [own, other] = await Promise.all([
    relationships.countRelationships(poolId, { identityId: id, relatedId, type }),
    relationships.countRelationships(poolId, { identityId: relatedId, relatedId: id, type }),
  ]);
  if (own.withRelated > 0) throw new WrongState('The identities are linked already.');
  if (Math.max(own.all, other.all) >= LINKS_MAX) {
    throw new WrongState(`An identity has at most ${LINKS_MAX} links.`);
  }
}

/**
 * Removes a link, from both identities.
 *
 * @throws NotFound The identity, or no such relationship of it.
 * @throws WrongState A relationship that no caller made; or the identity is redacted or merged.
 */
export async function unlinkIdentities(
  deps: Needs,
  context: RequestContext,
  input: { reference: string; relationshipId: string },
): Promise<void> {
  const stored = await findRecord(deps, context.principal, input.reference);
  const { poolId, id } = stored;
  const derived = await deriveRelationships(deps, stored);
  if (derived.some((one) => one.id === input.relationshipId)) throw new WrongState(SYSTEM);
  await together(deps, async (tx) => {
    const found = await tx.relationships.findRelationship(poolId, id, input.relationshipId);
    if (found === null) throw new NotFound();
    if (isSystemType(found.type)) throw new WrongState(SYSTEM);
    const own = (await holdOpen(deps, tx, poolId, [id])).get(id);
    if (own === undefined) throw new NotFound();
    await tx.relationships.deleteRelationship(poolId, found);
    const event = { action: 'identity.unlinked', subjectId: id, fields: ['relationships'] };
    await tx.organisation.record(stampOf(deps, context, poolId, own.vault), event);
  });
}
