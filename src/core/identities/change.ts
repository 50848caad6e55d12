import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { DataKey, IdentityId, PoolVault, RequestContext } from '../ports.ts';
import { type Derived, deriveIndexes } from './factors.ts';
import { locateIdentity } from './locate-identity.ts';
import type { IdentifierClaim, IdentityChange, StoredIdentity } from './ports.ts';
import type { Profile, Seen } from './profile.ts';
import { untilDone } from './retry.ts';
import {
  type IdentityView,
  isOpenStatus,
  openIdentity,
  sealProfile,
  sealSeen,
  viewIdentity,
} from './view.ts';

export type ChangeNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation'>;

/** An open identity, ready to be changed. */
export interface Changing {
  readonly config: PoolConfig;
  readonly vault: PoolVault;
  readonly stored: StoredIdentity;
  readonly key: DataKey;
  readonly profile: Profile;
  readonly seen: Seen | null;
}

/** What a change makes of an identity; what is left out stays. */
export interface Revision {
  readonly action: string;
  readonly fields: readonly string[];
  readonly profile?: Profile;
  readonly seen?: { readonly value: Seen; readonly lastSeenAt: Date };
  readonly status?: 'deleted';
  /** Called when another identity holds an identifier that the revision claims. */
  readonly onTaken?: () => Promise<void>;
}

/**
 * Reads an identity, has it revised, and writes the outcome on condition that nothing changed meanwhile; reads
 * again and repeats otherwise. Identifiers, totals, audit entry and event follow from the revision and are
 * written with it in one statement.
 *
 * @param revise Decides on what it is given only; null: nothing to change.
 * @throws NotFound Not in the caller's reach. @throws WrongState The identity or its pool is closed.
 */
export async function changeIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  id: IdentityId,
  revise: (changing: Changing) => Revision | null,
): Promise<IdentityView> {
  const found = await locateIdentity(deps, context.principal, id);
  const { poolId } = found;
  const vault = await deps.vault.pool(poolId);
  let read: StoredIdentity | null = found;
  const { result } = await untilDone(deps.configs, poolId, async () => {
    // The first attempt takes the row that told the pool; each further one reads again.
    const stored = read ?? (await locateIdentity(deps, context.principal, id));
    read = null;
    const config = await deps.configs.at(poolId, stored.configVersion);
    const changing = requireOpen(vault, config, stored);
    const revision = revise(changing);
    if (revision === null) return { outcome: 'done' as const, result: viewIdentity(vault, config, changing) };
    const { change, after } = prepareChange(deps, context, changing, revision);
    const outcome = await deps.identities.changeIdentity(change);
    if (outcome === 'taken') {
      await revision.onTaken?.();
      return { outcome: 'stale' as const, result: after };
    }
    return { outcome, result: after };
  });
  return result;
}

function requireOpen(vault: PoolVault, config: PoolConfig, stored: StoredIdentity): Changing {
  if (!isOpenStatus(stored.status)) throw new WrongState('The identity is deleted.');
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const { key, profile, seen } = openIdentity(vault, stored);
  if (key === null || profile === null) throw new WrongState('The identity is deleted.');
  return { config, vault, stored, key, profile, seen };
}

function prepareChange(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: RequestContext,
  changing: Changing,
  revision: Revision,
): { change: IdentityChange; after: IdentityView } {
  const { config, vault, stored, key, profile: before } = changing;
  const profile = revision.profile ?? before;
  const seen = revision.seen?.value ?? changing.seen;
  const status = revision.status ?? stored.status;
  const closes = !isOpenStatus(status);
  const [old, next] = deriveBoth(vault, config, stored.schemaId, { before, after: closes ? null : profile });

  const tallies = new Map<string, number>();
  const add = (name: string, n: number) => tallies.set(name, (tallies.get(name) ?? 0) + n);
  for (const name of old.present) if (!next.present.has(name)) add(`factor:${name}`, -1);
  for (const name of next.present) if (!old.present.has(name)) add(`factor:${name}`, 1);
  const firstInteraction = revision.seen !== undefined && changing.seen === null;
  if (firstInteraction) add('seen', 1);
  if (closes) add('closed', 1);
  if (closes && seen !== null) add('seen_closed', 1);

  const after: StoredIdentity = {
    ...stored,
    status,
    version: stored.version + 1,
    profile: revision.profile === undefined ? stored.profile : sealProfile(key, profile),
    seen: revision.seen === undefined ? stored.seen : sealSeen(key, revision.seen.value),
    lastSeenAt: revision.seen === undefined ? stored.lastSeenAt : revision.seen.lastSeenAt,
  };
  const change: IdentityChange = {
    poolId: stored.poolId,
    id: stored.id,
    version: stored.version,
    status,
    profile: after.profile,
    seen: after.seen,
    lastSeenAt: after.lastSeenAt,
    claimed: without(next.claims, old.claims),
    released: closes ? 'all' : without(old.claims, next.claims),
    tallies,
    configVersion: config.version,
    stamp: stampOf(deps, context, stored.poolId),
    event: { action: revision.action, subjectId: stored.id, fields: revision.fields },
  };
  return { change, after: viewIdentity(vault, config, { stored: after, key, profile, seen }) };
}

const NOTHING_DERIVED: Derived = { claims: [], present: new Set() };

/** What follows from both profiles; from neither where no factor can have changed, which saves their digests. */
function deriveBoth(
  vault: PoolVault,
  config: PoolConfig,
  schemaId: string,
  { before, after }: { before: Profile; after: Profile | null },
): [old: Derived, next: Derived] {
  const isSame =
    after !== null &&
    after.factors === before.factors &&
    after.attributes === before.attributes &&
    after.traits === before.traits;
  if (isSame) return [NOTHING_DERIVED, NOTHING_DERIVED];
  return [
    deriveIndexes(vault, config, schemaId, before),
    after === null ? NOTHING_DERIVED : deriveIndexes(vault, config, schemaId, after),
  ];
}

function without(claims: readonly IdentifierClaim[], others: readonly IdentifierClaim[]): IdentifierClaim[] {
  return claims.filter(
    (claim) => !others.some((other) => other.space === claim.space && other.digest.equals(claim.digest)),
  );
}
