import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RateLimited, Unavailable } from '../core/errors.ts';
import type { RateLeaseStore } from '../core/ports.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { KEY } from './testing/fake-surface.ts';

/** The database's counter: as many processes as like share it. */
function createLeases() {
  const used = new Map<number, number>();
  const leases = { calls: 0, wants: [] as number[], isDown: false };
  const store: RateLeaseStore = {
    async leaseRequests({ windowStart, want, limit }) {
      leases.calls += 1;
      leases.wants.push(want);
      await new Promise(setImmediate);
      if (leases.isDown) throw new Error('down');
      const before = used.get(windowStart.getTime()) ?? 0;
      const granted = Math.max(0, Math.min(want, limit - before));
      used.set(windowStart.getTime(), before + granted);
      return { granted, used: before + granted };
    },
  };
  return Object.assign(leases, { store });
}

function createClock() {
  const clock = { ms: 1_000_000 * 60_000, now: () => new Date(clock.ms) };
  return clock;
}

async function attempt(spend: () => Promise<void> | undefined): Promise<boolean> {
  try {
    await spend();
    return true;
  } catch (error) {
    assert.ok(error instanceof RateLimited, String(error));
    return false;
  }
}

test('any number of processes together admit the limit at most, and alone exactly the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 }),
      async (limit, processes, bursts) => {
        const { store } = createLeases();
        const clock = createClock();
        const limiters = Array.from({ length: processes }, () => createRateLimiter({ leases: store, clock }));
        const subject = { ...KEY, requestsPerMinute: limit };
        let admitted = 0;
        let asked = 0;
        for (const [which, size] of bursts) {
          const limiter = limiters[which % processes];
          asked += size;
          const answers = await Promise.all(
            Array.from({ length: size }, () => attempt(() => limiter?.spend(subject))),
          );
          admitted += answers.filter(Boolean).length;
        }
        assert.ok(admitted <= limit);
        if (processes === 1) assert.equal(admitted, Math.min(limit, asked));
        // What idle processes hold: never more than a tenth each, and one request.
        assert.ok(admitted >= Math.min(asked, limit - (processes - 1) * Math.ceil(limit / 10 + 1)));
      },
    ),
    { numRuns: 60 },
  );
});

test('requests that come at once share one lease call', async () => {
  const leases = createLeases();
  const limiter = createRateLimiter({ leases: leases.store, clock: createClock() });
  const subject = { ...KEY, requestsPerMinute: 5000 };
  await Promise.all(Array.from({ length: 100 }, () => limiter.spend(subject)));
  assert.equal(leases.calls, 1);
});

test('leases grow with traffic, up to a tenth of the limit', async () => {
  const leases = createLeases();
  const limiter = createRateLimiter({ leases: leases.store, clock: createClock() });
  for (let request = 0; request < 40_000; request += 1)
    await limiter.spend({ ...KEY, requestsPerMinute: 60_000 });
  assert.deepEqual(leases.wants.slice(0, 5), [1200, 2400, 4800, 6000, 6000]);
});

test('a used-up minute is refused without asking again, until the next one', async () => {
  const leases = createLeases();
  const clock = createClock();
  const limiter = createRateLimiter({ leases: leases.store, clock });
  const subject = { ...KEY, requestsPerMinute: 2 };
  clock.ms += 12_345;
  await limiter.spend(subject);
  await limiter.spend(subject);
  await assert.rejects(async () => limiter.spend(subject), RateLimited);
  const { calls } = leases;
  assert.throws(
    () => limiter.spend(subject),
    (error) => error instanceof RateLimited && error.retryAfterSeconds === 48,
  );
  assert.equal(leases.calls, calls);
  clock.ms += 48_000;
  await limiter.spend(subject);
});

test('a limit of nothing admits nothing', async () => {
  const limiter = createRateLimiter({ leases: createLeases().store, clock: createClock() });
  await assert.rejects(async () => limiter.spend({ ...KEY, requestsPerMinute: 0 }), RateLimited);
});

test('a lease store that is down refuses as unavailable and is asked again', async () => {
  const leases = createLeases();
  const limiter = createRateLimiter({ leases: leases.store, clock: createClock() });
  leases.isDown = true;
  await assert.rejects(async () => limiter.spend(KEY), Unavailable);
  leases.isDown = false;
  await limiter.spend(KEY);
});

test('a lease store that throws at once is no different', async () => {
  let isDown = true;
  const leases: RateLeaseStore = {
    leaseRequests({ want }) {
      if (isDown) throw new Error('down');
      return Promise.resolve({ granted: want, used: want });
    },
  };
  const limiter = createRateLimiter({ leases, clock: createClock() });
  await assert.rejects(async () => limiter.spend(KEY), Unavailable);
  isDown = false;
  await limiter.spend(KEY);
});

test('one process alone counts down by one for each request, to nothing, and starts again', async () => {
  const limit = 137;
  const clock = createClock();
  const leases = createLeases();
  const limiter = createRateLimiter({ leases: leases.store, clock });
  const subject = { ...KEY, requestsPerMinute: limit };
  assert.equal(limiter.status(subject).remaining, limit);
  assert.equal(leases.calls, 0, 'asking asks nobody');
  for (let left = limit - 1; left >= 0; left -= 1) {
    await limiter.spend(subject);
    clock.ms += 100;
    const calls: number = leases.calls;
    assert.equal(limiter.status(subject).remaining, left);
    assert.equal(leases.calls, calls);
  }
  await assert.rejects(async () => limiter.spend(subject), RateLimited);
  assert.equal(limiter.status(subject).remaining, 0);
  clock.ms += 60_000;
  assert.equal(limiter.status(subject).remaining, limit);
});

test('the window ends at the minute, and the time to it is at least a second', () => {
  const clock = createClock();
  const limiter = createRateLimiter({ leases: createLeases().store, clock });
  const start = clock.ms / 1000;
  for (const [ms, seconds] of [
    [0, 60],
    [1, 60],
    [12_345, 48],
    [59_000, 1],
    [59_999, 1],
  ] as const) {
    clock.ms = start * 1000 + ms;
    assert.deepEqual(limiter.status(KEY), {
      ...{ limit: 1000, remaining: 1000, resetAtSeconds: start + 60 },
      ...{ resetInSeconds: seconds, windowSeconds: 60 },
    });
  }
});

test('what other processes took counts as soon as this one asks, and nobody ever tells of less than nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.nat({ max: 2 }), { maxLength: 60 }),
      async (limit, turns) => {
        const { store } = createLeases();
        const clock = createClock();
        const limiters = [1, 2, 3].map(() => createRateLimiter({ leases: store, clock }));
        const subject = { ...KEY, requestsPerMinute: limit };
        let admitted = 0;
        for (const turn of turns) {
          const limiter = limiters[turn];
          assert.ok(limiter !== undefined);
          const isAdmitted = await attempt(async () => limiter.spend(subject));
          if (isAdmitted) admitted += 1;
          const { remaining } = limiter.status(subject);
          assert.ok(remaining >= 0 && remaining < limit);
          if (!isAdmitted) assert.equal(remaining, 0);
        }
        assert.ok(admitted <= limit);
      },
    ),
    { numRuns: 50 },
  );
  const { store } = createLeases();
  const clock = createClock();
  const [one, two] = [1, 2].map(() => createRateLimiter({ leases: store, clock }));
  const subject = { ...KEY, requestsPerMinute: 1000 };
  await one?.spend(subject);
  await two?.spend(subject);
  // The first holds 19 of its lease of 20; two leases are gone.
  assert.equal(two?.status(subject).remaining, 1000 - 40 + 19);
  assert.equal(one?.status(subject).remaining, 1000 - 20 + 19, 'it has not asked again');
});
