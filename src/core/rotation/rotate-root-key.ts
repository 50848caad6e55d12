import type { RotationDeps, Run } from './run-rotation.ts';

/**
 * A pool's keys wrapped anew under the root key of now. Which keys they are does not change, so nobody who holds them
 * open needs to load them again.
 */
export async function rewrapPoolKeys({ rotations, vault }: RotationDeps, run: Run): Promise<void> {
  const { poolId } = run.claim;
  const current = await vault.currentRootKeyId();
  const { keys } = await rotations.listPoolKeys(poolId);
  const older = keys.filter((key) => key.rootKeyId !== current);
  await run.advance(async () => ({ total: run.state.done + older.length }));
  for (const key of older) {
    // Outside of a transaction: a key service may take its time.
    const rewrapped = await vault.rewrapPoolKey(key);
    await run.advance(async (tx) => {
      await tx.replacePoolKey(key, rewrapped);
      return { done: run.state.done + 1 };
    });
  }
}
