import { parsePlaced, toPlaced, toTagged } from '../../src/kit/ids.ts';

/** The verification surface's spelling of an identity's id. */
export function toVerification(id: string): string {
  return toTagged(id, 'idn');
}

/** Its spelling of a verification's. */
export function toSession(id: string): string {
  return toTagged(id, 'ses');
}

/** The pools surface's, in the account of a pool. */
export function toPools(id: string, poolId: string): string {
  return toPlaced(id, 'identity', parsePlaced(poolId)?.partition ?? 0);
}
