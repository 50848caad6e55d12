import { toTagged } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { IdentityId, Principal, RequestContext } from '../ports.ts';
import { linkIdentities, unlinkIdentities } from '../verification/link-identities.ts';
import type { Metadata } from '../verification/relationship-metadata.ts';
import type { StoredRelationship } from '../verification/relationship-ports.ts';
import { metadataOf } from '../verification/relationships.ts';
import { findKycRecord } from './find-identity.ts';
import { RelationNotFound } from './relation-errors.ts';

/** What somebody is to a company, say. The label is personal data. */
export interface Relation {
  readonly id: string;
  readonly from: IdentityId;
  readonly to: IdentityId;
  readonly label: string;
  readonly createdAt: Date;
}

type Reading = Pick<Deps, 'identities' | 'vault' | 'relationships'>;
type Writing = Parameters<typeof linkIdentities>[0];

/**
 * Links two identities with a label. It is a relationship of both records, as the verification surface knows them; label
 * and direction are its sealed metadata.
 *
 * @throws NotFound One of the two. @throws WrongState They are linked already, or one of them too often.
 * @throws InvalidInput Both are one.
 * @see Contract kyc 3.10.
 */
export async function createRelation(
  deps: Writing,
  context: RequestContext,
  { from, to, label }: { from: IdentityId; to: IdentityId; label: string },
): Promise<Relation> {
  for (const id of [from, to]) await findKycRecord(deps, context.principal, id);
  const input = { reference: toTagged(from, 'idn'), related: toTagged(to, 'idn'), metadata: { label, from } };
  const linked = await linkIdentities(deps, context, input, null);
  if (!('made' in linked)) throw new NotFound();
  const { id, createdAt } = linked.made;
  return { id, from, to, label, createdAt };
}

/** @throws RelationNotFound */
export async function findRelation(deps: Reading, principal: Principal, id: string): Promise<Relation> {
  const stored = await deps.relationships.findAnyRelationship(principal.poolId, id);
  if (stored === null || stored.type !== 'user_linked') throw new RelationNotFound();
  for (const end of [stored.identityId, stored.relatedId])
    await findKycRecord(deps, principal, end).catch(hide);
  const { poolId } = principal;
  const metadata = await metadataOf(deps, { poolId, id: stored.identityId }, [stored]);
  const relation = relationOf(stored, metadata.get(id) ?? {});
  if (relation === null) throw new RelationNotFound();
  return relation;
}

/** @throws RelationNotFound */
export async function deleteRelation(deps: Writing, context: RequestContext, id: string): Promise<void> {
  const { from } = await findRelation(deps, context.principal, id);
  const reference = toTagged(from, 'idn');
  await unlinkIdentities(deps, context, { reference, relationshipId: id }).catch(hide);
}

function hide(error: unknown): never {
  throw error instanceof NotFound ? new RelationNotFound() : error;
}

/** @returns Null for a link of another surface: it has no direction. */
function relationOf(
  { id, identityId, relatedId, createdAt }: StoredRelationship,
  { label, from }: Metadata,
): Relation | null {
  if (typeof label !== 'string' || (from !== identityId && from !== relatedId)) return null;
  return {
    ...{ id, label, createdAt },
    from: from === identityId ? identityId : relatedId,
    to: from === identityId ? relatedId : identityId,
  };
}
