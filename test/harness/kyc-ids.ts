import { parsePlaced, toPlaced, toTagged } from '../../src/kit/ids.ts';

/** The verification surface's spelling of an identity's id. */
export function toVerification(id: string): string {
  return toTagged(id, 'idn');
}

/** The pools surface's, in the account of a pool. */
export function toPools(id: string, poolId: string): string {
  return toPlaced(id, 'identity', parsePlaced(poolId)?.partition ?? 0);
}
