import { foldCase } from '../../kit/normalise.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { countFacts } from '../kyc/facts-revision.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { ActingContext, PoolVault } from '../ports.ts';
import { readAttribute } from './attributes.ts';
import { type Claiming, claimsOfRecord, EMAIL, EXTERNAL_REF, isSameClaim } from './claims.ts';
import { homesOf } from './factors.ts';
import { lookupChanges } from './lookups.ts';
import type {
  Announcement,
  EventData,
  GramChange,
  IdentifierClaim,
  IdentityChange,
  StoredIdentity,
} from './ports.ts';
import type { Profile } from './profile.ts';
import type { Changed, Changing, Revision } from './revision.ts';
import {
  isMergedStanding,
  type LifecycleStatus,
  listTallyOf,
  type Standing,
  segmentTallyOf,
  verificationStatusOf,
} from './standing.ts';
import { usageOf } from './usage.ts';
import { isOpenStatus, sealProfile, sealSeen } from './view.ts';

/** What a revision amounts to in the store, and the record as it will be. Writes nothing. */
export function prepareChange(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: ActingContext,
  changing: Changing,
  { revision, left = [] }: { revision: Revision; left?: readonly IdentifierClaim[] },
): { change: IdentityChange; after: Changed } {
  const { config, vault, stored, key, profile: before } = changing;
  const profile = revision.profile ?? before;
  const standing = countFacts(revision.standing ?? stored.standing, revision.fields);
  const seen = revision.seen?.value ?? changing.seen;
  const status = revision.status ?? stored.status;
  const closes = !isOpenStatus(status);
  const erases = status === 'erased';
  const indexes = deriveChange(changing, { profile, standing, status });
  const stamp = stampOf(deps, context, stored.poolId, vault);

  const after: StoredIdentity = {
    ...stored,
    status,
    version: stored.version + 1,
    profile: erases ? null : revision.profile === undefined ? stored.profile : sealProfile(key, profile),
    seen: erases ? null : revision.seen === undefined ? stored.seen : sealSeen(key, revision.seen.value),
    lastSeenAt: erases ? null : revision.seen === undefined ? stored.lastSeenAt : revision.seen.lastSeenAt,
    wrappedKey: erases ? null : stored.wrappedKey,
    standing,
    updatedAt: stamp.at,
  };
  const change: IdentityChange = {
    poolId: stored.poolId,
    id: stored.id,
    version: stored.version,
    status,
    profile: after.profile,
    seen: after.seen,
    lastSeenAt: after.lastSeenAt,
    standing,
    erases,
    claimed: without(indexes.claimed, left),
    released: closes && !erases && standing.blocked !== true ? 'all' : indexes.released,
    keysAdded: indexes.keysAdded,
    keysRemoved: closes ? 'all' : indexes.keysRemoved,
    grams: gramChanges(changing, { profile, standing, closes }),
    tallies: talliesOf({ changing, revision, status, standing, indexes }),
    configVersion: config.version,
    stamp,
    event: { action: revision.action, subjectId: stored.id, fields: revision.fields },
    announcements: announce(deps, stamp.eventId, revision),
    eventData: eventDataOf(standing),
    reply: null,
  };
  const opened = erases ? { key: null, profile: null, seen: null } : { key, profile, seen };
  return { change, after: { stored: after, ...opened, config, vault } };
}

export function eventDataOf(standing: Standing): EventData {
  return { externalRef: standing.externalRef ?? null, status: verificationStatusOf(standing) };
}

function announce(
  { ids }: Pick<Deps, 'ids'>,
  eventId: string,
  { action, events = [action] }: Revision,
): Announcement[] {
  return events.map((type, index) => ({ id: index === 0 ? eventId : ids.next(), type }));
}

interface IndexChange {
  readonly claimed: readonly IdentifierClaim[];
  readonly released: readonly IdentifierClaim[];
  readonly keysAdded: readonly string[];
  readonly keysRemoved: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

const NO_CHANGE: IndexChange = {
  claimed: [],
  released: [],
  keysAdded: [],
  keysRemoved: [],
  gained: [],
  lost: [],
};

/** What finds the record before and after; nothing where nothing of it can have changed, which saves the digests. */
function deriveChange(
  { vault, config, stored, profile: before }: Changing,
  { profile: after, standing, status }: { profile: Profile; standing: Standing; status: LifecycleStatus },
): IndexChange {
  const closes = !isOpenStatus(status);
  const sameAttributes = after.attributes === before.attributes && after.traits === before.traits;
  const sameRecord =
    sameAttributes &&
    after.factors === before.factors &&
    after.customFields === before.customFields &&
    standing.externalRef === stored.standing.externalRef &&
    standing.typeId === stored.standing.typeId &&
    (standing.type === undefined) === (stored.standing.type === undefined) &&
    isMergedStanding(standing) === isMergedStanding(stored.standing);
  if (sameRecord && !closes) return NO_CHANGE;
  const { schemaId } = stored;
  const homes = homesOf(config, schemaId);
  const old = claimsOfRecord(vault, config, { schemaId, profile: before, standing: stored.standing });
  const next = closes
    ? {
        claims: keptClaims(vault, config, { schemaId, profile: before, standing }, status),
        present: new Set<string>(),
      }
    : claimsOfRecord(vault, config, { schemaId, profile: after, standing });
  // What was merged into another record is not found by its attributes any more.
  const [was, is] = [stored.standing, standing].map(isMergedStanding);
  const keys =
    closes || (sameAttributes && was === is)
      ? { added: [], removed: [] }
      : lookupChanges(vault, was ? null : { holder: before, homes }, is ? null : { holder: after, homes });
  return {
    claimed: without(next.claims, old.claims),
    released: without(old.claims, next.claims),
    keysAdded: keys.added,
    keysRemoved: keys.removed,
    gained: [...next.present].filter((name) => !old.present.has(name)),
    lost: [...old.present].filter((name) => !next.present.has(name)),
  };
}

/**
 * Of an erased record: the reference alone, which is the customer's own and keeps it from being made again. Of a deleted
 * one nothing, or the e-mail of a blocked one: deleting must not undo the block (R8).
 */
function keptClaims(
  vault: PoolVault,
  config: PoolConfig,
  record: Claiming,
  status: LifecycleStatus,
): IdentifierClaim[] {
  const kept = status === 'erased' ? EXTERNAL_REF : record.standing.blocked === true ? EMAIL : null;
  return claimsOfRecord(vault, config, record).claims.filter(({ space }) => space === kept);
}

function gramChanges(
  { vault, config, stored, profile: before }: Changing,
  { profile: after, standing, closes }: { profile: Profile; standing: Standing; closes: boolean },
): GramChange[] {
  const changes: GramChange[] = [];
  if (stored.standing.externalRef !== standing.externalRef) {
    changes.push(referenceGrams(vault, standing.externalRef));
  }
  const homes = homesOf(config, stored.schemaId);
  const [old, email] = [before, after].map((holder) => readAttribute(holder, homes, 'email'));
  if (closes && old !== null) changes.push({ space: EMAIL, grams: null });
  else if (!closes && email !== undefined && email !== old) changes.push(emailGrams(vault, email));
  return changes;
}

/** What finds a reference by a part of it. */
export function referenceGrams(vault: PoolVault, reference: string | undefined): GramChange {
  const grams = reference === undefined ? null : vault.trigrams(EXTERNAL_REF, foldCase(reference), 'stored');
  return { space: EXTERNAL_REF, grams };
}

/** What finds an e-mail address by a part of it, as it is written and in any case. */
export function emailGrams(vault: PoolVault, email: string | null): GramChange {
  return { space: EMAIL, grams: email === null ? null : vault.trigrams(EMAIL, foldCase(email), 'stored') };
}

function talliesOf(input: {
  changing: Changing;
  revision: Revision;
  status: LifecycleStatus;
  standing: Standing;
  indexes: IndexChange;
}): Map<string, number> {
  const { changing, revision, status, standing, indexes } = input;
  const { stored } = changing;
  const tallies = new Map<string, number>();
  const add = (name: string, n: number) => tallies.set(name, (tallies.get(name) ?? 0) + n);
  for (const name of indexes.lost) add(`factor:${name}`, -1);
  for (const name of indexes.gained) add(`factor:${name}`, 1);
  if (revision.seen !== undefined && changing.seen === null) add('seen', 1);
  if (!isOpenStatus(status)) {
    add('closed', 1);
    // An erased one keeps no interaction: it is counted among those that never had one.
    const hadSeen = changing.seen !== null;
    if (status === 'deleted' && (hadSeen || revision.seen !== undefined)) add('seen_closed', 1);
    if (status === 'erased' && hadSeen) add('seen', -1);
  }
  for (const tallyOf of [listTallyOf, segmentTallyOf]) {
    const [from, to] = [tallyOf(stored.status, stored.standing), tallyOf(status, standing)];
    if (from === to) continue;
    if (from !== null) add(from, -1);
    if (to !== null) add(to, 1);
  }
  const profile = revision.profile ?? changing.profile;
  for (const name of usageOf(changing.config, stored.status, { ...stored, profile: changing.profile })) {
    add(name, -1);
  }
  for (const name of usageOf(changing.config, status, { standing, profile })) add(name, 1);
  return tallies;
}

function without(claims: readonly IdentifierClaim[], others: readonly IdentifierClaim[]): IdentifierClaim[] {
  return claims.filter((claim) => !others.some((other) => isSameClaim(claim, other)));
}
