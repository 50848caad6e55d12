import type { Deps } from '../deps.ts';
import type { PoolId } from '../ports.ts';
import { together } from '../records.ts';
import type { StoredCase } from './case-ports.ts';
import { catchUpProviders } from './catch-up.ts';
import { expireCase } from './decide-case.ts';
import { cancelCase } from './open-cases.ts';
import { actingFor } from './work-on-case.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'cases' | 'records'>;

/** Cases a read. */
const BATCH = 200;

type Settle = (one: StoredCase) => Promise<unknown>;

/**
 * Looks after what nobody asks about: evidence that has passed its last day makes an approval `expired`, and cases of
 * identities that are gone, on whichever surface they were ended, are cancelled (contract kyc 3.5, 4.2; statement 64).
 * Whoever was there before a provider was switched on gets a case there; see `catchUpProviders`.
 * Safe in several processes at once, and to be run again after a crash. A case that cannot be settled keeps no other one
 * from it.
 *
 * @throws The first fault of a case, after all others have been looked after.
 */
export async function sweepCases(deps: Needs): Promise<void> {
  const { cases, clock } = deps;
  const today = clock.now().toISOString().slice(0, 10);
  const faults: unknown[] = [];
  for (const poolId of await cases.listPoolsWithExpired(today))
    faults.push(
      ...(await drain(
        () => cases.listExpired(poolId, today, BATCH),
        (one) => expire(deps, poolId, one),
      )),
    );
  for (const poolId of await cases.listPoolsWithOrphans())
    faults.push(
      ...(await drain(
        () => cases.listOrphans(poolId, BATCH),
        (one) => cancel(deps, poolId, one),
      )),
    );
  faults.push(...(await catchUpProviders(deps)));
  if (faults.length > 0) throw faults[0];
}

/** @returns What went wrong. What is settled is not read again; a batch of which nothing could be settled is the last. */
async function drain(read: () => Promise<StoredCase[]>, settle: Settle): Promise<unknown[]> {
  const faults: unknown[] = [];
  for (;;) {
    const batch = await read();
    const failed: unknown[] = [];
    for (const one of batch) await settle(one).catch((error: unknown) => failed.push(error));
    faults.push(...failed);
    if (batch.length < BATCH || failed.length === batch.length) return faults;
  }
}

async function expire(deps: Needs, poolId: PoolId, { identityId, provider }: StoredCase): Promise<void> {
  await together(deps, async (tx) => {
    const found = await tx.cases.findCase(poolId, identityId, provider);
    if (found === null) return;
    const identity = await tx.identities.findIdentity(poolId, identityId);
    await expireCase(tx, deps, actingFor(poolId), found, identity);
  });
}

async function cancel(deps: Needs, poolId: PoolId, { identityId, provider }: StoredCase): Promise<void> {
  await together(deps, async (tx) => {
    const found = await tx.cases.findCase(poolId, identityId, provider);
    if (found?.state === 'pending' || found?.state === 'exception')
      await cancelCase(tx, deps, actingFor(poolId), found);
  });
}
