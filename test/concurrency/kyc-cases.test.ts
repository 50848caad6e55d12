import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestClock } from '../harness/clock.ts';
import { type KycApi, kycOf, passport, person } from '../harness/kyc.ts';
import { startServer, type TestServer } from '../harness/server.ts';

// Two servers on one database, one clock, and one queue of cases.

const CASES = 30;

const clock = new TestClock();
let second: TestServer;
let api: KycApi;
before(async () => {
  api = await kycOf(await startServer({ clock }));
  second = await startServer({ clock, database: api.server.database });
});
after(async () => {
  await second.close();
  await api[Symbol.asyncDispose]();
});

test('30 cases that two servers work on at once are decided, each of them exactly once', async () => {
  const ids: string[] = [];
  for (let n = 0; n < CASES; n += 1) {
    const documents = n % 3 === 0 ? [passport(await api.uploadFile())] : [];
    ids.push((await api.create(person({ documents }))).id);
  }
  await Promise.all([api.server, second].flatMap((server) => [server.runJob('kyc'), server.runJob('kyc')]));
  const { data } = await api.list('all=true');
  const states = data.map(({ kycStatus }) => kycStatus[0].status);
  assert.deepEqual(states, Array(CASES).fill('exception'));

  const decided = await api.server.sql<{ n: number; raised: number }>(
    `select count(*) filter (where 'result' = any(a.fields))::integer as n,
            (select count(*)::integer from outbox o
             where o.subject_id = c.verification_id and o.type = 'verification.exception_raised') as raised
     from kyc_cases c join audit_entries a on a.subject_id = c.verification_id
     group by c.verification_id`,
  );
  assert.equal(decided.length, CASES);
  for (const row of decided) assert.deepEqual(row, { n: 1, raised: 1 });
  assert.equal(new Set(ids).size, CASES);
  assert.ok(!api.server.logs().includes('"operation":"kyc"'), 'no task failed');
});
