import { stampOf } from '../audit/stamp.ts';
import { sealCredentials } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { countFacts } from '../kyc/facts-revision.ts';
import type { ActingContext } from '../ports.ts';
import { keepAddresses } from './addresses.ts';
import { deriveChange, type IndexChange, keptSpaces, type Next, without } from './derive-change.ts';
import { gramChanges } from './grams.ts';
import { derivedOf } from './login-identifiers.ts';
import type { Announcement, EventData, IdentifierClaim, IdentityChange, StoredIdentity } from './ports.ts';
import type { Profile } from './profile.ts';
import type { Changed, Changing, Revision } from './revision.ts';
import {
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
): { change: IdentityChange; after: Changed; optional: readonly IdentifierClaim[] } {
  const { config, vault, stored, key } = changing;
  const stamp = stampOf(deps, context, stored.poolId, vault);
  const schemaId = revision.schemaId ?? stored.schemaId;
  const profile = settleAddresses(changing, revision, stamp.at);
  const standing = settleStanding(stored.standing, revision, stamp.at);
  // Whoever notes an interaction need not know what else is kept of logins.
  const seen = revision.seen === undefined ? changing.seen : { ...changing.seen, ...revision.seen.value };
  const status = revision.status ?? stored.status;
  const closes = !isOpenStatus(status);
  const erases = status === 'erased';
  const next: Next = { schemaId, profile, standing, status, credentials: revision.credentials };
  const indexes = deriveChange(changing, next, revision.held);
  const sealedCredentials = closes
    ? null
    : revision.credentials === undefined
      ? stored.credentials
      : sealCredentials(key, revision.credentials);

  const after: StoredIdentity = {
    ...stored,
    status,
    schemaId,
    version: stored.version + 1,
    profile: erases ? null : profile === changing.profile ? stored.profile : sealProfile(key, profile),
    credentials: sealedCredentials,
    seen: erases ? null : revision.seen === undefined || seen === null ? stored.seen : sealSeen(key, seen),
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
    schemaId,
    profile: after.profile,
    credentials: sealedCredentials,
    seen: after.seen,
    lastSeenAt: after.lastSeenAt,
    standing,
    erases,
    claimed: without(indexes.claimed, left),
    released: closes ? 'all' : indexes.released,
    keptSpaces: closes ? keptSpaces(status, standing) : [],
    keysAdded: indexes.keysAdded,
    keysRemoved: closes ? 'all' : indexes.keysRemoved,
    grams: gramChanges(changing, next),
    tallies: talliesOf({ changing, revision, status, standing, profile, indexes }),
    configVersion: config.version,
    stamp,
    event: { action: revision.action, subjectId: stored.id, fields: revision.fields },
    announcements: announce(deps, stamp.eventId, revision),
    eventData: eventDataOf(standing),
    reply: null,
  };
  const opened = erases ? { key: null, profile: null, seen: null } : { key, profile, seen };
  return { change, after: { stored: after, ...opened, config, vault }, optional: indexes.optional };
}

/** Since when it has been blocked, or free again, is told by iam; whoever does it (R2). */
function settleStanding(before: Standing, { standing = before, fields }: Revision, at: Date): Standing {
  const counted = countFacts(standing, fields);
  return counted.blocked === before.blocked ? counted : { ...counted, stateChangedAt: at.toISOString() };
}

/** What is known of addresses goes with the traits that they come from. */
function settleAddresses(
  { config, stored, profile: before }: Changing,
  { profile = before, schemaId = stored.schemaId }: Revision,
  at: Date,
): Profile {
  if (profile.traits === before.traits && schemaId === stored.schemaId) return profile;
  return keepAddresses(
    profile,
    {
      before: derivedOf(config, { schemaId: stored.schemaId, traits: before.traits }),
      after: derivedOf(config, { schemaId, traits: profile.traits }),
    },
    at,
  );
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

function talliesOf(input: {
  changing: Changing;
  revision: Revision;
  status: LifecycleStatus;
  standing: Standing;
  profile: Profile;
  indexes: IndexChange;
}): Map<string, number> {
  const { changing, revision, status, standing, profile, indexes } = input;
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
  for (const name of usageOf(changing.config, stored.status, { ...stored, profile: changing.profile })) {
    add(name, -1);
  }
  for (const name of usageOf(changing.config, status, { standing, profile })) add(name, 1);
  return tallies;
}
