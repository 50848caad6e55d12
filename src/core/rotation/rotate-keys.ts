import { WrongState } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { RotationKind } from './ports.ts';
import { rotateDataKeys } from './rotate-data-keys.ts';
import { rotatePoolKey } from './rotate-pool-key.ts';
import { rewrapPoolKeys } from './rotate-root-key.ts';
import {
  type PoolOutcome,
  type RotationDeps,
  type RotationProgress,
  type Run,
  runRotation,
} from './run-rotation.ts';

const ROOT_PASSES_MAX = 10;

const WORK: Record<RotationKind, (deps: RotationDeps, run: Run) => Promise<void>> = {
  root: rewrapPoolKeys,
  pool: rotatePoolKey,
  data: rotateDataKeys,
};

type OnProgress = (progress: RotationProgress) => void;

/**
 * Rotates the seal key, or the data keys, of pools, one after the other. When the same was interrupted for any of
 * these pools, exactly that is finished, and nothing is begun.
 *
 * @throws WrongState Another process is at one of them.
 */
export async function rotateKeys(
  deps: RotationDeps,
  input: { kind: 'pool' | 'data'; poolIds: readonly PoolId[]; onProgress?: OnProgress },
): Promise<{ pools: PoolOutcome[]; resumed: boolean }> {
  const { kind, poolIds } = input;
  const { rotations, clock } = deps;
  const chosen = new Set(poolIds);
  const unfinished = (await rotations.listUnfinished(kind)).filter((id) => chosen.has(id));
  const resumed = unfinished.length > 0;
  if (!resumed) await rotations.plan(kind, poolIds, clock.now());
  return { pools: await runAll(deps, { ...input, poolIds: resumed ? unfinished : poolIds }), resumed };
}

/**
 * The root key of the installation. With `addKey` there is first a new one, unless an earlier rotation has not moved
 * everything under the one of now: then that is finished.
 *
 * @param input.addKey Makes another root key the current one, durably. Runs while no other process rotates the root key.
 * @throws WrongState Another process is at one of the pools, or pool keys kept coming under older root keys: some
 *   process does not see the present one.
 */
export async function rotateRootKey(
  deps: RotationDeps,
  input: { addKey: (() => Promise<unknown>) | null; onProgress?: OnProgress },
): Promise<{ pools: PoolOutcome[]; resumed: boolean; rootKeyId: string }> {
  const { rotations, vault, clock } = deps;
  const { addKey } = input;
  let resumed = false;
  if (addKey !== null) {
    await rotations.withRootKeyFile(async (tx) => {
      resumed = (await tx.listPoolsUnderOthers(await vault.currentRootKeyId())).length > 0;
      if (!resumed) await addKey();
    });
  }
  const pools: PoolOutcome[] = [];
  for (let pass = 0; pass < ROOT_PASSES_MAX; pass += 1) {
    const rootKeyId = await vault.currentRootKeyId();
    const poolIds = await rotations.listPoolsUnderOthers(rootKeyId);
    if (poolIds.length === 0) {
      // Those whose last key was wrapped by a process that died before it said so.
      const open = await rotations.listUnfinished('root');
      if (open.length > 0) pools.push(...(await runAll(deps, { ...input, kind: 'root', poolIds: open })));
      return { pools, resumed, rootKeyId };
    }
    await rotations.plan('root', poolIds, clock.now());
    pools.push(...(await runAll(deps, { ...input, kind: 'root', poolIds })));
  }
  throw new WrongState(
    'Pool keys keep coming under an older root key: some process does not see the new one.',
  );
}

async function runAll(
  deps: RotationDeps,
  input: { kind: RotationKind; poolIds: readonly PoolId[]; onProgress?: OnProgress },
): Promise<PoolOutcome[]> {
  const { kind, poolIds, onProgress } = input;
  const outcomes: PoolOutcome[] = [];
  for (const poolId of poolIds) {
    const progress = onProgress === undefined ? {} : { onProgress };
    const outcome = await runRotation(deps, { poolId, kind, ...progress }, (run) => WORK[kind](deps, run));
    if (outcome !== null) outcomes.push(outcome);
  }
  return outcomes;
}
