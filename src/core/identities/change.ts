import type { Deps } from '../deps.ts';
import { CoreError, WriteConflict, WrongState } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { IdentityId, PoolVault, RequestContext } from '../ports.ts';
import { EMAIL, isSameClaim } from './claims.ts';
import { identifierSpace } from './factors.ts';
import { locateIdentity } from './locate-identity.ts';
import { IDENTIFIER, PHONE } from './login-identifiers.ts';
import type { IdentifierClaim, IdentityChange, StoredIdentity } from './ports.ts';
import { prepareChange } from './prepare-change.ts';
import { untilDone } from './retry.ts';
import type { Changed, Changing, Revision } from './revision.ts';
import { type IdentityView, isOpenStatus, openIdentity, vaultFor, viewIdentity } from './view.ts';

export type ChangeNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation'>;

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
    const { change, after, optional } = prepareChange(deps, context, changing, { revision, left });
    const outcome = await deps.identities.changeIdentity({ ...change, reply: keep(after) });
    if (outcome === 'taken') {
      const taken = await takenClaims(deps, change);
      left = claimsToLeave(config, revision, taken, optional);
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

/** Of claims that another identity holds: those that the record can do without. */
export function claimsToLeave(
  config: PoolConfig,
  { claims }: Pick<Revision, 'claims'>,
  taken: readonly IdentifierClaim[],
  optional: readonly IdentifierClaim[],
): IdentifierClaim[] {
  const mayBeLeft = claims === 'if-free' ? claimsThatMayBeLeft(config, taken) : [];
  return taken.filter((claim) => [...mayBeLeft, ...optional].some((one) => isSameClaim(one, claim)));
}

/** Only what comes from an attribute may go unclaimed; references and unique fields are what they are by being unique. */
function claimsThatMayBeLeft(config: PoolConfig, claims: readonly IdentifierClaim[]): IdentifierClaim[] {
  const spaces = new Set([EMAIL, PHONE, IDENTIFIER, ...config.factors.map(identifierSpace)]);
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
