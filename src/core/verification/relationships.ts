import { type Uuid, uuidOfDigest } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { SealBroken } from '../errors.ts';
import { homesOf } from '../identities/factors.ts';
import { type LookupKind, lookupKeysOf } from '../identities/lookups.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import type { DataKey, IdentityId, PoolVault, Principal } from '../ports.ts';
import { findRecord } from './find-record.ts';
import { type Metadata, openMetadata } from './relationship-metadata.ts';

/** What follows from equal attributes: never stored, so that it comes and goes with the values (contract 4.2). */
const SYSTEM_KINDS = {
  same_document: 'document_number',
  same_name_dob: 'name_birthdate',
  same_ssn: 'ssn',
} as const satisfies Readonly<Record<string, LookupKind>>;
type SystemType = keyof typeof SYSTEM_KINDS;
const SYSTEM_TYPES = Object.keys(SYSTEM_KINDS) as SystemType[];

export const RELATIONSHIP_TYPES = ['user_linked', 'merged', ...SYSTEM_TYPES] as const;
export type RelationshipType = (typeof RELATIONSHIP_TYPES)[number];

/** A relationship as one of its identities sees it. */
export interface Relationship {
  readonly id: string;
  readonly type: RelationshipType;
  readonly identityId: IdentityId;
  readonly relatedId: IdentityId;
  /** Of what equal attributes make: since when both have them. */
  readonly createdAt: Date;
}

export function isSystemType(type: RelationshipType): boolean {
  return type !== 'user_linked';
}

/** The newest of each attribute, and of what is stored; the listing goes no further. */
const SHOWN_MAX = 1000;

type Needs = Pick<Deps, 'identities' | 'vault' | 'configs' | 'relationships'>;

/**
 * A page of an identity's relationships, newest first, and how many there are. Of identities that share an attribute, and
 * of stored relationships, the 1,000 newest each.
 *
 * @throws NotFound
 * @see Contract verification 3.10.
 */
export async function listRelationships(
  deps: Needs,
  principal: Principal,
  input: { reference: string; type: RelationshipType | null; offset: number; limit: number },
): Promise<{ items: (Relationship & { metadata: Metadata })[]; total: number }> {
  const stored = await findRecord(deps, principal, input.reference);
  const { type, offset, limit } = input;
  const [kept, derived] = await Promise.all([
    deps.relationships.listRelationships(stored.poolId, stored.id, SHOWN_MAX),
    deriveRelationships(
      deps,
      stored,
      SYSTEM_TYPES.filter((known) => type === null || type === known),
    ),
  ]);
  const all: Relationship[] = [...kept.filter((one) => type === null || type === one.type), ...derived];
  all.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
  const page = all.slice(offset, offset + limit);
  const metadata = await metadataOf(deps, stored, page);
  const items = page.map((one) => ({ ...one, metadata: metadata.get(one.id) ?? {} }));
  return { items, total: all.length };
}

/** Those that follow from the identity's present attributes. */
export async function deriveRelationships(
  deps: Needs,
  stored: StoredIdentity,
  types: readonly SystemType[] = SYSTEM_TYPES,
): Promise<Relationship[]> {
  if (types.length === 0) return [];
  const { poolId, id } = stored;
  const vault = await vaultFor(deps, stored);
  const { profile } = openIdentity(vault, stored);
  if (profile === null) return [];
  const config = await deps.configs.at(poolId, stored.configVersion);
  const keys = lookupKeysOf(vault, { holder: profile, homes: homesOf(config, stored.schemaId) });
  const typeOfKey = new Map<string, SystemType>();
  for (const type of types) {
    const key = keys.get(SYSTEM_KINDS[type]);
    if (key !== undefined) typeOfKey.set(key, type);
  }
  if (typeOfKey.size === 0) return [];
  const sharers = await deps.identities.findSharers(poolId, {
    ...{ id, keys: [...typeOfKey.keys()], limit: SHOWN_MAX },
  });
  return sharers.flatMap(({ key, id: relatedId, since }) => {
    const type = typeOfKey.get(key);
    if (type === undefined) return [];
    return { id: systemId(vault, type, [id, relatedId]), type, identityId: id, relatedId, createdAt: since };
  });
}

/** The same from both ends, and each time: dated by the younger identity. */
function systemId(vault: PoolVault, type: SystemType, ends: readonly [IdentityId, IdentityId]): Uuid {
  const [a, b] = ends;
  const [low, high] = a < b ? [a, b] : [b, a];
  return uuidOfDigest(high, vault.digest(`relationship:${type}`, `${low}:${high}`));
}

/** What callers said of relationships of one identity; nothing where one of the two was erased. */
export async function metadataOf(
  deps: Pick<Deps, 'identities' | 'vault' | 'relationships'>,
  { poolId, id }: Pick<StoredIdentity, 'poolId' | 'id'>,
  relationships: readonly Pick<Relationship, 'id' | 'type' | 'relatedId'>[],
): Promise<ReadonlyMap<string, Metadata>> {
  const linked = relationships.filter(({ type }) => type === 'user_linked');
  if (linked.length === 0) return new Map();
  // Boxes and keys are read one after the other: a data key may be turned, or an identity erased, in between.
  for (let tries = 1; ; tries += 1) {
    const ids = linked.map((one) => one.id);
    const boxes = await deps.relationships.findMetadata(poolId, id, ids);
    const ends = [id, ...new Set(linked.filter((one) => boxes.has(one.id)).map((one) => one.relatedId))];
    const keys = new Map<IdentityId, DataKey>();
    const rows = await Promise.all(ends.map((end) => deps.identities.findIdentity(poolId, end)));
    for (const row of rows) {
      const { key } = row === null ? { key: null } : openIdentity(await vaultFor(deps, row), row);
      if (row !== null && key !== null) keys.set(row.id, key);
    }
    try {
      return new Map(
        linked.flatMap((one): [string, Metadata][] => {
          const [box, own, other] = [boxes.get(one.id), keys.get(id), keys.get(one.relatedId)];
          if (box === undefined || own === undefined || other === undefined) return [];
          const both = new Map([[id, own] as const, [one.relatedId, other] as const]);
          return [[one.id, openMetadata({ relationshipId: one.id, keys: both }, box)]];
        }),
      );
    } catch (error) {
      if (!(error instanceof SealBroken) || tries === 3) throw error;
    }
  }
}
