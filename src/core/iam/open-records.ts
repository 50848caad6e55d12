import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import { type IamRecord, toIamRecord } from './record.ts';

/** @param rows Visible ones, read by one statement. */
export async function openIamRecords(
  deps: Pick<Deps, 'configs' | 'vault'>,
  rows: readonly StoredIdentity[],
): Promise<IamRecord[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const config = await deps.configs.at(first.poolId, first.configVersion);
  const vault = await vaultFor(deps, first);
  return rows.map((stored) => toIamRecord({ config, vault }, openIdentity(vault, stored)));
}
