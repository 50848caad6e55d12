import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ClaimedCase } from '../../src/core/kyc/case-ports.ts';
import type { KycProvider } from '../../src/core/kyc/provider.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { createKycJob } from '../../src/jobs/kyc.ts';
import { type KycApi, person, startKyc } from '../harness/kyc.ts';
import { openWorkshop, SOUND, type Workshop } from './cases-kit.ts';

// Whose turn it is: providers that are slow or down, beside others.

let api: KycApi;
let workshop: Workshop;
before(async () => {
  api = await startKyc();
  workshop = await openWorkshop(api.server);
});
after(async () => {
  await workshop[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const LIMITED = { timeout: 20_000 };

/** The job, with a provider in each pool that does what the test says. */
function jobWith(submit: (poolId: PoolId, id: string) => ReturnType<KycProvider['submit']>) {
  const faults: unknown[] = [];
  const providers = {
    open: async (poolId: PoolId): Promise<KycProvider> => ({
      ...{ slug: 'builtin', operations: [] },
      submit: ({ verificationId }) => submit(poolId, verificationId),
    }),
  };
  const job = createKycJob({ ...workshop.deps, providers }, (error) => faults.push(error));
  return { job, faults };
}

test('a provider that hangs keeps its own pool’s cases waiting, and no other’s', LIMITED, async () => {
  const accounts = [await api.server.createAccount(), await api.server.createAccount()];
  for (const { secret: key } of accounts) for (let n = 0; n < 20; n += 1) await api.create(person(), { key });
  const hanging = Promise.withResolvers<typeof SOUND>();
  const answered = Promise.withResolvers<PoolId>();
  const first: { poolId?: PoolId } = {};
  let decided = 0;
  const { job } = jobWith((poolId) => {
    first.poolId ??= poolId;
    if (poolId === first.poolId) return hanging.promise;
    decided += 1;
    if (decided === 20) answered.resolve(poolId);
    return Promise.resolve(SOUND);
  });
  const running = job.run();
  assert.notEqual(await answered.promise, first.poolId);
  hanging.resolve(SOUND);
  await running;
  await job.settled?.();
});

test(
  'of a pool whose provider is down few cases are tried a run, and all of them in the end',
  LIMITED,
  async () => {
    const { secret: key } = await api.server.createAccount();
    for (let n = 0; n < 12; n += 1) await api.create(person(), { key });
    const tried: string[] = [];
    const { job, faults } = jobWith(async (_poolId, id) => {
      tried.push(id);
      throw new Error('down');
    });
    await job.run();
    assert.ok(tried.length >= 1 && tried.length <= 4, `${tried.length} at once`);
    await job.settled?.();
    assert.equal(new Set(tried).size, 12);
    assert.equal(tried.length, 12);
    assert.equal(faults.length, 12);
  },
);

test('a case is claimed when its turn has come, so that its lease is its own', LIMITED, async () => {
  const { secret: key, poolId } = await api.server.createAccount();
  for (let n = 0; n < 10; n += 1) await api.create(person(), { key });
  const claimedAtOnce = async () =>
    (
      await api.server.sql<{ n: number }>(
        'select count(*)::integer as n from kyc_cases where pool_id = $1::uuid and claim is not null',
        [poolId],
      )
    )[0]?.n ?? 0;
  const counts: number[] = [];
  const { job } = jobWith(async () => {
    counts.push(await claimedAtOnce());
    return SOUND;
  });
  await job.settled?.();
  assert.equal(counts.length, 10);
  assert.ok(Math.max(...counts) <= 4, counts.join());
  assert.deepEqual(await unfinished(poolId), []);
});

const unfinished = (poolId: string) =>
  api.server.sql<Pick<ClaimedCase, 'state'>>(
    `select state from kyc_cases where pool_id = $1::uuid and (state <> 'approved' or due_at is not null)`,
    [poolId],
  );
