import { SealBroken, WriteConflict } from '../errors.ts';
import type { PoolVault } from '../ports.ts';
import type { WrappedKey } from './ports.ts';
import type { RotationDeps, Run } from './run-rotation.ts';

/** Rows looked at by one statement. */
const BATCH = 1000;

/**
 * A new version of a pool's seal key, then every data key wrapped anew under it. Older versions stay: kept replies and
 * audit origins that the pool's key sealed still open by them. The index key is not touched: every digest follows from
 * it, and identifiers could not be found while old and new were mixed.
 *
 * The new version and a higher configuration version are one transaction, before anything is wrapped. A reader learns
 * the configuration version with each row, and so knows when to load keys anew (`Vault.pool`). A writer that does not
 * know yet wraps under the older version; that opens, and the tables are walked until a walk finds none.
 */
export async function rotatePoolKey(deps: RotationDeps, run: Run): Promise<void> {
  const target = run.state.target ?? (await beginVersion(deps, run));
  const { rotations } = deps;
  const { poolId } = run.claim;
  const { configVersion } = await rotations.listPoolKeys(poolId);
  const vault = await deps.vault.pool(poolId, configVersion);
  const broken = new Set<string>();
  for (;;) {
    // A walk that goes on in the middle may have left some behind.
    const isWhole = run.state.step === 0 && run.state.cursor === null;
    let found = 0;
    for (let step = run.state.step; step < rotations.keyTables; step += 1) {
      found += await walkTable(deps, run, { vault, target, step, broken });
    }
    await run.advance(async () => ({ step: 0, cursor: null }));
    if (isWhole && found === 0) return;
  }
}

async function beginVersion(deps: RotationDeps, run: Run): Promise<number> {
  const { rotations, vault, clock } = deps;
  const { poolId } = run.claim;
  const { keys } = await rotations.listPoolKeys(poolId);
  const target = 1 + Math.max(0, ...keys.filter((key) => key.purpose === 'seal').map((key) => key.version));
  const key = await vault.createSealKey(poolId, target);
  const total = await rotations.countIdentities(poolId);
  await run.advance(async (tx) => {
    await tx.raiseConfigVersion(poolId);
    if (!(await tx.insertPoolKey(key, clock.now()))) throw new WriteConflict();
    return { target, total, step: 0, cursor: null };
  });
  return target;
}

/** @returns How many keys were found under an older version, those that do not open left out. */
async function walkTable(
  { rotations }: RotationDeps,
  run: Run,
  walk: { vault: PoolVault; target: number; step: number; broken: Set<string> },
): Promise<number> {
  const { poolId } = run.claim;
  const { vault, target, step, broken } = walk;
  let after = run.state.step === step ? run.state.cursor : null;
  let found = 0;
  for (;;) {
    const { keys, last } = await rotations.listOlderKeys(poolId, {
      step,
      below: target,
      after,
      limit: BATCH,
    });
    if (last === null) return found;
    const changes = keys.flatMap((key) => rewrap(vault, key, broken));
    await run.advance(async (tx) => {
      await tx.replaceWrappedKeys(poolId, step, changes);
      return { step, cursor: last, done: run.state.done + changes.length, failed: broken.size };
    });
    found += changes.length;
    after = last;
  }
}

function rewrap(
  vault: PoolVault,
  { recordId, wrapped }: WrappedKey,
  broken: Set<string>,
): { recordId: WrappedKey['recordId']; from: Buffer; to: Buffer }[] {
  try {
    const to = vault.rewrapIdentityKey(recordId, wrapped);
    return to === null ? [] : [{ recordId, from: wrapped, to }];
  } catch (error) {
    // One damaged record must not keep all others under an old key.
    if (!(error instanceof SealBroken)) throw error;
    broken.add(recordId);
    return [];
  }
}
