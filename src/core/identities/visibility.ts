import type { StoredIdentity } from './ports.ts';
import { isMergedStanding } from './standing.ts';
import { isOpenStatus } from './view.ts';

/**
 * Whether a record is there, on surfaces that show neither closed ones (R8) nor those that were folded into another:
 * nothing finds them any more.
 */
export function isVisible({ status, standing }: Pick<StoredIdentity, 'status' | 'standing'>): boolean {
  return isOpenStatus(status) && !isMergedStanding(standing);
}
