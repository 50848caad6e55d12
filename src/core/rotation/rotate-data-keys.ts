import { SealBroken } from '../errors.ts';
import type { DataKey, IdentityId, PoolVault } from '../ports.ts';
import type { LockedIdentity, RotationState, RotationStore } from './ports.ts';
import type { RotationDeps, Run } from './run-rotation.ts';

const BATCH = 50;
/** What an identity's own row holds under its data key. */
const SECTIONS = ['profile', 'seen', 'credentials'] as const;

/** `again`: the batch should be read again with newer pool keys. */
type Outcome = 'done' | 'more' | 'again';

/**
 * A new data key for each identity of a pool, and everything that lay under the old one sealed anew. Each batch is one
 * transaction that also notes how far the walk is, so an interrupted one goes on where it was. Identities made since
 * the walk began have fresh keys; erased ones have none.
 *
 * A batch's rows are locked for it and each identity's version is raised: whoever changes one meanwhile finds that it
 * moved on and reads again. `updated_at` stays, and nobody is told of each: nothing that can be read has changed.
 */
export async function rotateDataKeys(deps: RotationDeps, run: Run): Promise<void> {
  const { rotations } = deps;
  const { poolId } = run.claim;
  if (run.state.untilId === null) {
    const lastId = await rotations.findLastIdentity(poolId);
    if (lastId === null) return;
    const total = await rotations.countIdentities(poolId);
    await run.advance(async () => ({ untilId: lastId, total }));
  }
  const batch: { outcome: Outcome } = { outcome: 'more' };
  while (batch.outcome !== 'done') {
    const isAgain = batch.outcome === 'again';
    const { configVersion } = await rotations.listPoolKeys(poolId);
    const vault = await deps.vault.pool(poolId, configVersion);
    await run.advance(async (tx) => {
      const { outcome, change } = await rotateBatch(tx, run, { vault, configVersion, isAgain });
      batch.outcome = outcome;
      return change;
    });
  }
}

interface Batch {
  outcome: Outcome;
  change: Partial<RotationState> | null;
}

async function rotateBatch(
  tx: RotationStore,
  run: Run,
  input: { vault: PoolVault; configVersion: number; isAgain: boolean },
): Promise<Batch> {
  const { poolId } = run.claim;
  const { cursor, untilId } = run.state;
  const { vault, isAgain } = input;
  if (untilId === null) return { outcome: 'done', change: null };
  const { identities, configVersion } = await tx.lockIdentities(poolId, {
    after: cursor,
    until: untilId,
    limit: BATCH,
  });
  const last = identities.at(-1);
  if (last === undefined) return { outcome: 'done', change: null };
  if (configVersion > input.configVersion) return { outcome: 'again', change: null };
  const changes = new Map<IdentityId, { from: DataKey; to: DataKey }>();
  const after: LockedIdentity[] = [];
  for (const identity of identities) {
    const resealed = reseal(vault, identity);
    if (resealed === null) continue;
    changes.set(identity.id, resealed.keys);
    after.push(resealed.after);
  }
  // Perhaps one was wrapped under a newer pool key just before it was locked; one that is damaged stays as it is.
  if (after.length < identities.length && !isAgain) return { outcome: 'again', change: null };
  await tx.replaceDataKeys(poolId, after);
  await tx.resealBoxes({ poolId, vault, changes });
  const change = {
    cursor: last.id,
    done: run.state.done + after.length,
    failed: run.state.failed + identities.length - after.length,
  };
  return { outcome: 'more', change };
}

/** @returns Null when the key, or a section, does not open. */
function reseal(
  vault: PoolVault,
  identity: LockedIdentity,
): { keys: { from: DataKey; to: DataKey }; after: LockedIdentity } | null {
  try {
    const from = vault.openIdentityKey(identity.id, identity.wrapped);
    const { key: to, wrapped } = vault.createIdentityKey(identity.id);
    const [profile = null, seen = null, credentials = null] = SECTIONS.map((section) => {
      const sealed = identity[section];
      if (sealed === null) return null;
      const plaintext = from.open(section, sealed);
      const again = to.seal(section, plaintext);
      plaintext.fill(0);
      return again;
    });
    return { keys: { from, to }, after: { id: identity.id, profile, seen, credentials, wrapped } };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}
