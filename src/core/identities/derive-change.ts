import { type Credentials, NO_CREDENTIALS } from '../credentials/credentials.ts';
import { claimsOfRecord, EMAIL, EXTERNAL_REF, isSameClaim } from './claims.ts';
import { homesOf } from './factors.ts';
import { lookupChanges, organizationKeys } from './lookups.ts';
import type { IdentifierClaim } from './ports.ts';
import type { Profile } from './profile.ts';
import type { Changing } from './revision.ts';
import { isMergedStanding, type LifecycleStatus, type Standing } from './standing.ts';
import { credentialsOf, isOpenStatus } from './view.ts';

/** What a change does to that which finds the record. */
export interface IndexChange {
  readonly claimed: readonly IdentifierClaim[];
  /** Of what is claimed: what the record was to have before. */
  readonly optional: readonly IdentifierClaim[];
  readonly released: readonly IdentifierClaim[];
  readonly keysAdded: readonly string[];
  readonly keysRemoved: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

const NO_CHANGE: IndexChange = {
  claimed: [],
  optional: [],
  released: [],
  keysAdded: [],
  keysRemoved: [],
  gained: [],
  lost: [],
};

/** A record as it will be. */
export interface Next {
  readonly schemaId: string;
  readonly profile: Profile;
  readonly standing: Standing;
  readonly status: LifecycleStatus;
  /** Undefined: as before. */
  readonly credentials: Credentials | undefined;
}

/** What finds the record before and after; nothing where nothing of it can have changed, which saves the digests. */
export function deriveChange(
  changing: Changing,
  next: Next,
  held: readonly IdentifierClaim[] | undefined,
): IndexChange {
  const { vault, config, stored, profile: before } = changing;
  const { profile: after, standing, schemaId, status } = next;
  const closes = !isOpenStatus(status);
  const sameAttributes =
    after.attributes === before.attributes &&
    after.traits === before.traits &&
    schemaId === stored.schemaId &&
    after.iam?.organizationId === before.iam?.organizationId;
  const sameRecord =
    sameAttributes &&
    held === undefined &&
    next.credentials === undefined &&
    after.factors === before.factors &&
    after.customFields === before.customFields &&
    after.iam?.externalId === before.iam?.externalId &&
    after.identify?.accounts === before.identify?.accounts &&
    standing.externalRef === stored.standing.externalRef &&
    standing.typeId === stored.standing.typeId &&
    (standing.type === undefined) === (stored.standing.type === undefined) &&
    isMergedStanding(standing) === isMergedStanding(stored.standing);
  if (sameRecord && !closes) return NO_CHANGE;
  // Those of credentials stay what they are where credentials do.
  const opened = next.credentials === undefined ? NO_CREDENTIALS : credentialsOf(changing);
  const old = claimsOfRecord(vault, config, {
    ...{ schemaId: stored.schemaId, profile: before, standing: stored.standing, credentials: opened },
  });
  if (closes) return { ...NO_CHANGE, lost: [...old.present] };
  const now = claimsOfRecord(vault, config, {
    ...{ schemaId, profile: after, standing },
    credentials: next.credentials ?? (held === undefined ? NO_CREDENTIALS : credentialsOf(changing)),
  });
  const claimed = without(now.claims, held ?? old.claims);
  return {
    claimed,
    optional:
      held === undefined ? [] : claimed.filter((claim) => old.claims.some((one) => isSameClaim(one, claim))),
    released: without(held ?? old.claims, now.claims),
    ...keyChanges(changing, next, sameAttributes),
    gained: [...now.present].filter((name) => !old.present.has(name)),
    lost: [...old.present].filter((name) => !now.present.has(name)),
  };
}

function keyChanges(
  { vault, config, stored, profile: before }: Changing,
  { schemaId, profile: after, standing }: Next,
  sameAttributes: boolean,
): Pick<IndexChange, 'keysAdded' | 'keysRemoved'> {
  // What was merged into another record is not found by its attributes any more.
  const [was, is] = [stored.standing, standing].map(isMergedStanding);
  if (sameAttributes && was === is) return { keysAdded: [], keysRemoved: [] };
  const { added, removed } = lookupChanges(
    vault,
    was ? null : { holder: before, homes: homesOf(config, stored.schemaId) },
    is ? null : { holder: after, homes: homesOf(config, schemaId) },
  );
  const [old, now] = [was ? undefined : before.iam, is ? undefined : after.iam].map(
    (iam) => iam?.organizationId,
  );
  if (old === now) return { keysAdded: added, keysRemoved: removed };
  return {
    keysAdded: [...added, ...organizationKeys(vault, now)],
    keysRemoved: [...removed, ...organizationKeys(vault, old)],
  };
}

/**
 * Of an erased record: the reference alone, which is the customer's own and keeps it from being made again. Of a deleted
 * one nothing, or the e-mail of a blocked one: deleting must not undo the block (R8).
 */
export function keptSpaces(status: LifecycleStatus, standing: Standing): string[] {
  if (status === 'erased') return [EXTERNAL_REF];
  return standing.blocked === true ? [EMAIL] : [];
}

export function without(
  claims: readonly IdentifierClaim[],
  others: readonly IdentifierClaim[],
): IdentifierClaim[] {
  return claims.filter((claim) => !others.some((other) => isSameClaim(claim, other)));
}
