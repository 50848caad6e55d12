import type { Deps } from '../deps.ts';
import type { PoolId } from '../ports.ts';
import { together } from '../records.ts';
import type { StoredCase } from './case-ports.ts';
import { expireCase } from './decide-case.ts';
import { cancelCase } from './open-cases.ts';
import { actingFor } from './work-on-case.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'cases' | 'records'>;

/** Cases a read. */
const BATCH = 200;

/**
 * Looks after what nobody asks about: evidence that has passed its last day makes an approval `expired`, and cases of
 * identities that are gone, on whichever surface they were ended, are cancelled (contract kyc 3.5, 4.2; statement 64).
 * Safe in several processes at once, and to be run again after a crash.
 */
export async function sweepCases(deps: Needs): Promise<void> {
  const { cases, clock } = deps;
  const today = clock.now().toISOString().slice(0, 10);
  for (const poolId of await cases.listPoolsWithExpired(today))
    await drain(
      () => cases.listExpired(poolId, today, BATCH),
      (one) => expire(deps, poolId, one),
    );
  for (const poolId of await cases.listPoolsWithOrphans())
    await drain(
      () => cases.listOrphans(poolId, BATCH),
      (one) => cancel(deps, poolId, one),
    );
}

async function drain(
  read: () => Promise<StoredCase[]>,
  work: (one: StoredCase) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    const batch = await read();
    for (const one of batch) await work(one);
    if (batch.length < BATCH) return;
  }
}

async function expire(deps: Needs, poolId: PoolId, { identityId, provider }: StoredCase): Promise<void> {
  await together(deps, async (tx) => {
    const found = await tx.cases.findCase(poolId, identityId, provider);
    if (found !== null) await expireCase(tx, deps, found);
  });
}

async function cancel(deps: Needs, poolId: PoolId, { identityId, provider }: StoredCase): Promise<void> {
  await together(deps, async (tx) => {
    const found = await tx.cases.findCase(poolId, identityId, provider);
    if (found?.state === 'pending' || found?.state === 'exception')
      await cancelCase(tx, deps, actingFor(poolId), found);
  });
}
