import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { tryAgain } from '../records.ts';

/** Has providers asked at once what they were not while the identity was blocked. Within `together`. */
export async function resumeCases(
  tx: Pick<RecordStores, 'cases'>,
  { clock }: Pick<Deps, 'clock'>,
  { poolId, id }: Pick<StoredIdentity, 'poolId' | 'id'>,
): Promise<void> {
  const dueAt = clock.now();
  for (const one of await tx.cases.listCases(poolId, [id])) {
    if (one.task === null || one.dueAt === null || one.dueAt.getTime() <= dueAt.getTime()) continue;
    if ((await tx.cases.putCase({ ...one, dueAt }, one.version)) === 'stale') tryAgain();
  }
}
