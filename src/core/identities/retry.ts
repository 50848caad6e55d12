import { InvalidInput, NotFound, WriteConflict, WrongState } from '../errors.ts';
import type { PoolConfigs } from '../pools/pool-configs.ts';
import type { PoolId } from '../ports.ts';
import type { WriteOutcome } from './ports.ts';

const TRIES_MAX = 20;

/**
 * Runs an attempt until its conditional write is done. An attempt that refuses something because of a
 * configuration that meanwhile changed is run again with the present one, so that nobody is refused by a rule
 * that no longer holds.
 *
 * @throws WriteConflict The record kept changing under every try.
 */
export async function untilDone<Result>(
  configs: PoolConfigs,
  poolId: PoolId,
  attempt: () => Promise<{ outcome: WriteOutcome; result: Result }>,
): Promise<{ outcome: Exclude<WriteOutcome, 'stale'>; result: Result }> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const relied = (await configs.any(poolId)).version;
    try {
      const { outcome, result } = await attempt();
      if (outcome !== 'stale') return { outcome, result };
      await configs.current(poolId);
    } catch (error) {
      const refused = error instanceof InvalidInput || error instanceof WrongState;
      if (!refused || (await configs.current(poolId)).version === relied) throw error;
    }
  }
  throw new WriteConflict();
}

/** A pool id that a caller named, or NotFound: never says which. */
export function present<Value>(value: Value | null): Value {
  if (value === null) throw new NotFound();
  return value;
}
