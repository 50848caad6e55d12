import { foldCase } from '../../kit/normalise.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { CoreError, WriteConflict, WrongState } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { DataKey, IdentityId, PoolVault, RequestContext } from '../ports.ts';
import { type Claiming, claimsOfRecord, EXTERNAL_REF } from './claims.ts';
import { homesOf, identifierSpace } from './factors.ts';
import { locateIdentity } from './locate-identity.ts';
import { lookupChanges } from './lookups.ts';
import type {
  Announcement,
  EventData,
  GramChange,
  IdentifierClaim,
  IdentityChange,
  StoredIdentity,
} from './ports.ts';
import type { Profile, Seen } from './profile.ts';
import { untilDone } from './retry.ts';
import {
  isMergedStanding,
  type LifecycleStatus,
  listTallyOf,
  type Standing,
  verificationStatusOf,
} from './standing.ts';
import { usageOf } from './usage.ts';
import {
  type IdentityView,
  isOpenStatus,
  type OpenedIdentity,
  openIdentity,
  sealProfile,
  sealSeen,
  vaultFor,
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
  /** Types of the events that tell of it; default one, named like the action. */
  readonly events?: readonly string[];
  readonly profile?: Profile;
  readonly seen?: { readonly value: Seen; readonly lastSeenAt: Date };
  readonly standing?: Standing;
  /** `erased` destroys the data key with everything that is sealed under it (R8). */
  readonly status?: LifecycleStatus;
  /** Default `required`: a claim that another identity holds fails the change. `if-free`: it is left out (R3). */
  readonly claims?: 'required' | 'if-free';
  /** Called when another identity holds an identifier that the revision requires. */
  readonly onTaken?: (taken: readonly IdentifierClaim[]) => Promise<void>;
}

/** What a change left behind, opened. */
export interface Changed extends OpenedIdentity {
  readonly config: PoolConfig;
  readonly vault: PoolVault;
}

/** Which identity a change is about: finds it anew for each try. @throws NotFound */
export type Find = () => Promise<StoredIdentity>;

/**
 * Reads an identity, has it revised, and writes the outcome on condition that nothing changed meanwhile; reads
 * again and repeats otherwise. Identifiers, look-up keys, totals, audit entry and events follow from the revision and
 * are written with it in one statement, or one transaction where a reply is kept.
 *
 * @param revise Decides on what it is given only; null: nothing to change.
 * @throws NotFound @throws WrongState The identity or its pool is closed.
 */
export async function changeRecord(
  deps: ChangeNeeds,
  context: RequestContext,
  find: Find,
  revise: (changing: Changing) => Revision | null,
  idempotency: Idempotency<Changed> | null = null,
): Promise<{ made: Changed } | { replay: string }> {
  try {
    return await changeOrReplay(deps, context, find, revise, idempotency);
  } catch (error) {
    // What is refused may be so because another request with the same idempotency key has just done it.
    if (idempotency === null || !(error instanceof CoreError)) throw error;
    const { replay } = await openIdempotency(deps, context.principal, idempotency);
    if (replay === null) throw error;
    return { replay };
  }
}

async function changeOrReplay(
  deps: ChangeNeeds,
  context: RequestContext,
  find: Find,
  revise: (changing: Changing) => Revision | null,
  idempotency: Idempotency<Changed> | null,
): Promise<{ made: Changed } | { replay: string }> {
  const { principal } = context;
  let opened = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (opened !== null && opened.replay !== null) return { replay: opened.replay };
  const first = await find();
  const { poolId } = first;
  let read: StoredIdentity | null = first;
  let left: readonly IdentifierClaim[] = [];
  const { outcome, result } = await untilDone(deps.configs, poolId, async () => {
    const stored = read ?? (await find());
    // Another request with the same idempotency key may have made the change meanwhile.
    if (read === null && idempotency !== null) opened = await openIdempotency(deps, principal, idempotency);
    read = null;
    if (opened !== null && opened.replay !== null) return { outcome: 'replied' as const, result: null };
    const config = await deps.configs.at(poolId, stored.configVersion);
    const vault = await vaultFor(deps, stored);
    const changing = requireOpen(vault, config, stored);
    const revision = revise(changing);
    const keep = (changed: Changed) =>
      idempotency === null || opened === null
        ? null
        : keepReply({
            idempotency: opened,
            principal,
            reply: idempotency.render(changed),
            at: deps.clock.now(),
            sealer:
              revision?.status === 'erased' ? vault : { poolId, identityId: stored.id, key: changing.key },
          });
    if (revision === null) {
      const result: Changed = changing;
      const reply = keep(result);
      const isKept = reply === null || (await deps.organisation.insertReply(reply, deps.clock.now()));
      return { outcome: isKept ? ('done' as const) : ('stale' as const), result };
    }
    const { change, after } = prepareChange(deps, context, changing, { revision, left });
    const outcome = await deps.identities.changeIdentity({ ...change, reply: keep(after) });
    if (outcome === 'taken') {
      const taken = await takenClaims(deps, change);
      left = revision.claims === 'if-free' ? claimsThatMayBeLeft(config, taken) : [];
      const required = taken.filter((claim) => !left.includes(claim));
      if (required.length > 0) await revision.onTaken?.(required);
    }
    const again = outcome === 'taken' || outcome === 'replied';
    return { outcome: again ? ('stale' as const) : outcome, result: after };
  });
  if (outcome === 'replied' || result === null) {
    if (opened === null || opened.replay === null) throw new WriteConflict();
    return { replay: opened.replay };
  }
  return { made: result };
}

/** `changeRecord` for an identity in the caller's reach (pools). */
export async function changeIdentity(
  deps: ChangeNeeds,
  context: RequestContext,
  id: IdentityId,
  revise: (changing: Changing) => Revision | null,
): Promise<IdentityView> {
  const find = () => locateIdentity(deps, context.principal, id);
  const outcome = await changeRecord(deps, context, find, revise);
  if ('replay' in outcome) throw new WriteConflict();
  const { vault, config } = outcome.made;
  return viewIdentity(vault, config, outcome.made);
}

async function takenClaims(
  { identities }: Pick<Deps, 'identities'>,
  { poolId, id, claimed }: IdentityChange,
): Promise<IdentifierClaim[]> {
  const holders = await identities.findHolders(poolId, claimed);
  return claimed.filter((claim) =>
    holders.some((held) => held.identityId !== id && isSameClaim(held, claim)),
  );
}

/** Only what comes from an attribute may go unclaimed; references and unique fields are what they are by being unique. */
export function claimsThatMayBeLeft(
  config: PoolConfig,
  claims: readonly IdentifierClaim[],
): IdentifierClaim[] {
  const spaces = new Set(config.factors.map(identifierSpace));
  return claims.filter(({ space }) => spaces.has(space));
}

/** @throws WrongState The identity or its pool is closed. */
export function requireOpen(vault: PoolVault, config: PoolConfig, stored: StoredIdentity): Changing {
  if (!isOpenStatus(stored.status)) throw new WrongState(`The identity is ${stored.status}.`);
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const { key, profile, seen } = openIdentity(vault, stored);
  if (key === null || profile === null) throw new WrongState('The identity is deleted.');
  return { config, vault, stored, key, profile, seen };
}

/** What a revision amounts to in the store, and the record as it will be. Writes nothing. */
export function prepareChange(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: RequestContext,
  changing: Changing,
  { revision, left = [] }: { revision: Revision; left?: readonly IdentifierClaim[] },
): { change: IdentityChange; after: Changed } {
  const { config, vault, stored, key, profile: before } = changing;
  const profile = revision.profile ?? before;
  const standing = revision.standing ?? stored.standing;
  const seen = revision.seen?.value ?? changing.seen;
  const status = revision.status ?? stored.status;
  const closes = !isOpenStatus(status);
  const erases = status === 'erased';
  const indexes = deriveChange(changing, { profile, standing, closes });
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
    released: closes && !erases ? 'all' : indexes.released,
    keysAdded: indexes.keysAdded,
    keysRemoved: closes ? 'all' : indexes.keysRemoved,
    grams: gramsOf(vault, stored.standing, standing),
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
  { profile: after, standing, closes }: { profile: Profile; standing: Standing; closes: boolean },
): IndexChange {
  const sameAttributes = after.attributes === before.attributes && after.traits === before.traits;
  const sameRecord =
    sameAttributes &&
    after.factors === before.factors &&
    after.customFields === before.customFields &&
    standing.externalRef === stored.standing.externalRef &&
    standing.typeId === stored.standing.typeId &&
    isMergedStanding(standing) === isMergedStanding(stored.standing);
  if (sameRecord && !closes) return NO_CHANGE;
  const { schemaId } = stored;
  const homes = homesOf(config, schemaId);
  const old = claimsOfRecord(vault, config, { schemaId, profile: before, standing: stored.standing });
  const next = closes
    ? {
        claims: keptClaims(vault, config, { schemaId, profile: before, standing }),
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

/** Of an erased record: the reference alone, which is the customer's own and keeps it from being made again. */
function keptClaims(vault: PoolVault, config: PoolConfig, record: Claiming): IdentifierClaim[] {
  return claimsOfRecord(vault, config, record).claims.filter(({ space }) => space === EXTERNAL_REF);
}

function gramsOf(vault: PoolVault, before: Standing, after: Standing): GramChange | null {
  if (before.externalRef === after.externalRef) return null;
  return referenceGrams(vault, after.externalRef);
}

/** What finds a reference by a part of it. */
export function referenceGrams(vault: PoolVault, reference: string | undefined): GramChange {
  const grams = reference === undefined ? null : vault.trigrams(EXTERNAL_REF, foldCase(reference), 'stored');
  return { space: EXTERNAL_REF, grams };
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
  const [from, to] = [listTallyOf(stored.status, stored.standing), listTallyOf(status, standing)];
  if (from !== to) {
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

function isSameClaim(a: IdentifierClaim, b: IdentifierClaim): boolean {
  return a.space === b.space && a.digest.equals(b.digest);
}

function without(claims: readonly IdentifierClaim[], others: readonly IdentifierClaim[]): IdentifierClaim[] {
  return claims.filter((claim) => !others.some((other) => isSameClaim(claim, other)));
}
