import type { Deps } from './deps.ts';
import { WriteConflict } from './errors.ts';
import { claimsToLeave, requireOpen } from './identities/change.ts';
import { type Draft, type Drafting, prepareInsert } from './identities/create-record.ts';
import type { IdentifierClaim, StoredIdentity, WriteOutcome } from './identities/ports.ts';
import { prepareChange } from './identities/prepare-change.ts';
import type { Changed, Changing, Revision } from './identities/revision.ts';
import { IdentityLimitReached } from './keys/errors.ts';
import type { PoolConfig } from './pools/ports.ts';
import type { ActingContext, IdentityId, PoolId, PoolVault } from './ports.ts';
import type { RecordStores } from './record-stores.ts';

const TRIES_MAX = 20;

/** Ends a transaction that lost against another write; the whole is tried again. */
class Lost extends Error {
  readonly outcome: Exclude<WriteOutcome, 'done'>;
  readonly between: () => Promise<unknown>;
  constructor(outcome: Exclude<WriteOutcome, 'done'>, between: () => Promise<unknown> = async () => {}) {
    super('lost');
    this.outcome = outcome;
    this.between = between;
  }
}

/**
 * Within `together`: something was changed meanwhile; starts the whole again.
 * @param between What to do before that, outside of the transaction.
 */
export function tryAgain(between?: () => Promise<unknown>): never {
  throw new Lost('stale', between);
}

/**
 * Brings configuration and keys of a pool up to date. Before a transaction or between two tries, never within one: it
 * asks for a connection of its own, and transactions that hold all of them would wait for each other.
 */
export async function refreshPool(
  { configs, vault }: Pick<Deps, 'configs' | 'vault'>,
  poolId: PoolId,
): Promise<void> {
  await vault.pool(poolId, (await configs.current(poolId)).version);
}

/**
 * For writes of several records: runs them as one transaction, and again from the start when one of them turns out to
 * have been changed meanwhile. Take rows in the order of their ids, so that two of these never wait for each other.
 *
 * @throws WriteConflict They kept changing.
 */
export async function together<T>(
  { records }: Pick<Deps, 'records'>,
  work: (tx: RecordStores) => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      return await records.transaction(work);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      await error.between();
    }
  }
  throw new WriteConflict();
}

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>;

/**
 * A pool's configuration, and its keys as of that or later, for use within a transaction: what is in memory. What is not
 * is loaded between two tries.
 *
 * @param atLeast The configuration version that was read with a row; default any.
 */
export function heldWithin(
  deps: Pick<Deps, 'configs' | 'vault'>,
  poolId: PoolId,
  atLeast = 0,
): { config: PoolConfig; vault: PoolVault } {
  const config = deps.configs.held(poolId, atLeast);
  const vault = config === null ? null : deps.vault.held(poolId, config.version);
  if (config === null || vault === null) return tryAgain(() => refreshPool(deps, poolId));
  return { config, vault };
}

/**
 * Opens a row for a change within a transaction, as `heldWithin`.
 * @throws WrongState The identity or its pool is closed.
 */
export function openWithin(deps: Needs, stored: StoredIdentity): Changing {
  const { config, vault } = heldWithin(deps, stored.poolId, stored.configVersion);
  return requireOpen(vault, config, stored);
}

/** One change as a part of `together`. A null revision changes nothing. */
export async function changeWithin(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  changing: Changing,
  revision: Revision | null,
): Promise<Changed> {
  if (revision === null) return changing;
  const first = prepareChange(deps, context, changing, { revision });
  const taken = await takenOf(tx, first.change);
  const left = claimsToLeave(changing.config, revision, taken, first.optional);
  const required = taken.filter((claim) => !left.includes(claim));
  if (required.length > 0) {
    await revision.onTaken?.(required);
    throw new Lost('taken');
  }
  const { change, after } =
    left.length === 0 ? first : prepareChange(deps, context, changing, { revision, left });
  const outcome = await tx.identities.changeIdentity(change);
  if (outcome !== 'done') {
    throw new Lost(outcome, () => refreshPool(deps, changing.stored.poolId));
  }
  return after;
}

async function takenOf(
  { identities }: RecordStores,
  change: { poolId: StoredIdentity['poolId']; id: IdentityId; claimed: readonly IdentifierClaim[] },
): Promise<IdentifierClaim[]> {
  if (change.claimed.length === 0) return [];
  const holders = await identities.findHolders(change.poolId, change.claimed);
  return change.claimed.filter((claim) =>
    holders.some(
      (held) =>
        held.identityId !== change.id && held.space === claim.space && held.digest.equals(claim.digest),
    ),
  );
}

/** One new identity as a part of `together`. @throws IdentityLimitReached */
export async function createWithin(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  { drafting, draft, id }: { drafting: Drafting; draft: Draft; id: IdentityId },
): Promise<Changed> {
  const { insert, made } = prepareInsert(deps, context, { id, ...drafting, ...draft });
  const outcome = await tx.identities.insertIdentity(insert);
  if (outcome === 'limited') throw new IdentityLimitReached();
  if (outcome !== 'done') {
    throw new Lost(outcome, () => refreshPool(deps, drafting.config.poolId));
  }
  return made;
}
