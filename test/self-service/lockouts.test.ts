import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_SELF_SERVICE } from '../../src/core/self-service/config.ts';
import { LockedOut } from '../../src/core/self-service/errors.ts';
import {
  type Attempt,
  checkAllowed,
  clearFailures,
  recordFailure,
} from '../../src/core/self-service/lockout.ts';
import { type FlowSite, openFlowSite, settle } from './kit.ts';

let site: FlowSite;
before(async () => {
  site = await openFlowSite();
});
after(() => site[Symbol.asyncDispose]());

const policy = DEFAULT_SELF_SERVICE.lockout;
const { perIdentifierMax, perAddressMax, windowSeconds } = policy;
let made = 0;

/** An attempt at an identifier and from an address that no other test uses. */
async function attemptOf(parts: Partial<Attempt> = {}): Promise<Attempt> {
  const { poolId } = site.own.principal;
  const vault = await site.deps.vault.pool(poolId);
  made += 1;
  return { poolId, vault, identifier: `jo${made}@example.com`, address: `198.51.100.${made}`, ...parts };
}
const check = (attempt: Attempt) => checkAllowed(site.deps, policy, attempt);
const fail = async (attempt: Attempt, times = 1) => {
  for (let n = 0; n < times; n += 1) await recordFailure(site.deps, policy, attempt);
};
const clear = (attempt: Attempt) => clearFailures(site.deps, policy, attempt);

test('the tenth failure of an identifier locks it, wherever the next attempt comes from', async () => {
  const attempt = await attemptOf();
  await fail(attempt, perIdentifierMax - 1);
  await check(attempt);
  await fail(attempt);
  await assert.rejects(check(attempt), LockedOut);
  await assert.rejects(check({ ...attempt, address: '203.0.113.77' }), LockedOut);
  await check({ ...attempt, identifier: 'other@example.com' });
});

test('it is locked until fifteen minutes after the first failure, and says for how long', async () => {
  const attempt = await attemptOf();
  await fail(attempt, 4);
  site.clock.advance(600);
  await fail(attempt, perIdentifierMax - 4);
  const refused = (seconds: number) => (error: unknown) =>
    error instanceof LockedOut && error.kind === 'too_many' && error.retryAfterSeconds === seconds;
  await assert.rejects(check(attempt), refused(windowSeconds - 600));
  site.clock.advance(windowSeconds - 601);
  await assert.rejects(check(attempt), refused(1));
  site.clock.advance(1);
  await check(attempt);
  await fail(attempt, perIdentifierMax - 1);
  await check(attempt);
});

test('failures that are older than the window do not count with new ones', async () => {
  const attempt = await attemptOf();
  await fail(attempt, perIdentifierMax - 1);
  site.clock.advance(windowSeconds);
  await fail(attempt, perIdentifierMax - 1);
  await check(attempt);
});

test('the three hundredth failure from an address locks it for every identifier', async () => {
  const { address, ...rest } = await attemptOf();
  const at = (n: number): Attempt => ({ ...rest, address, identifier: `many${n}@example.com` });
  await Promise.all(Array.from({ length: perAddressMax - 1 }, (_, n) => fail(at(n))));
  await check(at(1000));
  await fail(at(1000));
  await assert.rejects(check(at(1001)), LockedOut);
  await check({ ...at(1001), address: '203.0.113.78' });
});

test('addresses below the same 64 bits of IPv6 count as one', async () => {
  const attempt = await attemptOf({ identifier: null });
  const failures = Array.from({ length: perAddressMax }, (_, n) =>
    fail({ ...attempt, address: `2001:db8:5:5::${(n + 1).toString(16)}` }),
  );
  await Promise.all(failures);
  await assert.rejects(check({ ...attempt, address: '2001:db8:5:5:ffff::1' }), LockedOut);
  await check({ ...attempt, address: '2001:db8:5:6::1' });
});

test('a success forgets the identifier’s failures, not those of the address', async () => {
  const attempt = await attemptOf();
  await fail(attempt, perIdentifierMax - 1);
  await clear(attempt);
  await fail(attempt, perIdentifierMax - 1);
  await check(attempt);
  const rows = await site.deps.lockouts.listFailures(attempt.poolId, [
    { scope: 'address', digest: attempt.vault.digest('lockout:address', attempt.address) },
  ]);
  assert.equal(rows[0]?.failures, 2 * (perIdentifierMax - 1));
});

test('of right guesses among many at once none counts after the tenth failure', async () => {
  const attempt = await attemptOf();
  await check(attempt);
  await Promise.all(Array.from({ length: 30 }, () => fail(attempt)));
  await assert.rejects(clear(attempt), LockedOut);
  await assert.rejects(check(attempt), LockedOut);
  site.clock.advance(windowSeconds);
  await clear(attempt);
  await check(attempt);
});

test('failures at once are all counted', async () => {
  const attempt = await attemptOf();
  await Promise.all(Array.from({ length: 40 }, () => fail(attempt)));
  const digest = attempt.vault.digest('lockout:identifier', attempt.identifier ?? '');
  const [count] = await site.deps.lockouts.listFailures(attempt.poolId, [{ scope: 'identifier', digest }]);
  assert.equal(count?.failures, 40);
});

test('successes and failures at once never wait for each other for good', async () => {
  const [one, two] = [await attemptOf(), await attemptOf()];
  const crossed = { ...one, address: two.address };
  const tries = Array.from({ length: 20 }, () => [fail(one), fail(crossed), clear(one), fail(two)]).flat();
  const { lost } = await settle(tries);
  assert.ok(lost.every((error) => error instanceof LockedOut));
});

test('a lock is one pool’s', async () => {
  const attempt = await attemptOf();
  await fail(attempt, perIdentifierMax);
  const { poolId } = site.other.principal;
  await check({ ...attempt, poolId, vault: await site.deps.vault.pool(poolId) });
});

test('a success without failures before it writes nothing', async () => {
  const count = `/* scatter: a test */ select count(*)::integer as n from lockouts`;
  const [before] = await site.sql<{ n: number }>(count);
  const attempt = await attemptOf();
  await check(attempt);
  await clear(attempt);
  assert.deepEqual((await site.sql(count))[0], before);
});

test('neither identifiers nor addresses are readable in the table', async () => {
  const attempt = await attemptOf({ identifier: 'private@example.com', address: '192.0.2.99' });
  await fail(attempt);
  const [row] = await site.sql<{ rows: string }>(
    `/* scatter: a test */ select string_agg((l.*)::text, ' ') as rows from lockouts l`,
  );
  for (const plain of ['private@example.com', '192.0.2.99']) {
    assert.ok(!row?.rows.includes(plain));
    assert.ok(!row?.rows.includes(Buffer.from(plain).toString('hex')));
  }
});
