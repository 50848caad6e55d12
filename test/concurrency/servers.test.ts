import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestClock } from '../harness/clock.ts';
import { nativeClient } from '../harness/flows.ts';
import { iamOf, newEmail } from '../harness/iam.ts';
import { email, FACTORS, marker } from '../harness/matrix.ts';
import type { TestServer } from '../harness/server.ts';
import { startServer } from '../harness/server.ts';

// Two servers on one database, one clock.

const clock = new TestClock();
let first: TestServer;
let second: TestServer;
before(async () => {
  first = await startServer({ clock });
  second = await startServer({ clock, database: first.database });
});
after(async () => {
  await second.close();
  await first.close();
});

const sides = (n: number): TestServer => (n % 2 === 0 ? first : second);
const times = <Result>(n: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => work(index)));

test('a second server finds the installation as it is', () => {
  assert.deepEqual({ ...second.quickstart, url: '' }, { ...first.quickstart, url: '' });
  assert.notEqual(second.url, first.url);
});

for (const change of ['revoke', 'suspend'] as const) {
  test(`a key that one server ${change}s is refused by the other within two seconds`, async () => {
    const { id, secret } = await first.createKey();
    const status = async (server: TestServer) =>
      (await server.call('GET', '/api/v1/account', { key: secret })).status;
    assert.deepEqual([await status(first), await status(second)], [200, 200]);
    await first.changeKey(id, change);
    clock.advance(2);
    assert.deepEqual([await status(first), await status(second)], [401, 401]);
    if (change === 'revoke') return;
    await second.changeKey(id, 'resume');
    clock.advance(2);
    assert.deepEqual([await status(first), await status(second)], [200, 200]);
  });
}

test('what one server writes the other reads at once', async () => {
  const value = email();
  const made = await first.call('POST', '/api/v1/identity', {
    body: { pool_id: first.quickstart.live.pool_id, factors: [{ name: 'email', type: 'email', value }] },
  });
  const path = `/api/v1/identity/${made.body.details.id}`;
  assert.deepEqual((await second.call('GET', path)).body.details, made.body.details);
  const changed = await second.call('PUT', path, { body: { metadata: { n: '1' } } });
  assert.deepEqual((await first.call('GET', path)).body.details, changed.body.details);
});

test('a ruleset that one server changes is the other’s at its next write', async () => {
  const { domain_id: domainId } = first.quickstart;
  const post = async (path: string, body: unknown): Promise<string> =>
    (await first.call('POST', `/api/v1/${path}`, { body })).body.details.id;
  const rulesetId = await post('ruleset', { domain_id: domainId, title: 'Shared', factors: FACTORS });
  const poolId = await post('pool', { domain_id: domainId, ruleset_id: rulesetId, title: 'Shared' });
  const create = (server: TestServer, name: string, type: string) =>
    server.call('POST', '/api/v1/identity', {
      body: {
        pool_id: poolId,
        factors: [
          { name: 'email', type: 'email', value: email() },
          { name, type, value: email() },
        ],
      },
    });
  for (const server of [first, second]) assert.equal((await create(server, 'backup', 'email')).status, 200);
  const factors = [...FACTORS, { name: 'nick', type: 'username', identifier: false }];
  assert.equal((await create(second, 'nick', 'username')).status, 422);
  await first.call('PUT', `/api/v1/ruleset/${rulesetId}`, { body: { factors } });
  assert.equal((await create(second, 'nick', 'username')).status, 200);
  assert.equal((await first.call('DELETE', `/api/v1/pool/${poolId}`)).status, 200);
  assert.equal((await create(second, 'backup', 'email')).status, 409);
});

test('both servers together admit a key’s limit, give or take a tenth', async () => {
  const limit = 200;
  const { secret } = await first.createKey({ requestsPerMinute: limit });
  // To the start of a minute: the rounds below must not cross into the next one.
  clock.advance(60 - ((clock.now().getTime() / 1000) % 60));
  const statuses: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    const replies = await times(40, (n) => sides(n).call('GET', '/api/v1/account', { key: secret }));
    statuses.push(...replies.map(({ status }) => status));
    clock.advance(1);
  }
  const admitted = statuses.filter((status) => status === 200).length;
  assert.equal(statuses.filter((status) => status !== 200 && status !== 429).length, 0);
  assert.ok(admitted <= limit * 1.1, `${admitted} of ${limit} admitted`);
  assert.ok(admitted >= limit * 0.8, `only ${admitted} of ${limit} admitted`);
  const refused = await second.call('GET', '/api/v1/account', { key: secret });
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
  clock.advance(60);
  assert.equal((await second.call('GET', '/api/v1/account', { key: secret })).status, 200);
});

test('one idempotency key makes one thing on two servers', async () => {
  const { live, domain_id: domainId } = first.quickstart;
  const bodies: Record<string, Record<string, unknown>> = {
    identity: { pool_id: live.pool_id, factors: [{ name: 'email', type: 'email', value: email() }] },
    ruleset: { domain_id: domainId, title: marker(), factors: FACTORS },
  };
  for (const [resource, details] of Object.entries(bodies)) {
    const body = { details, idempotency_key: marker() };
    const replies = await times(20, (n) => sides(n).call('POST', `/api/v1/${resource}`, { body }));
    for (const { status, text } of replies) assert.equal(status, 200, text);
    assert.equal(new Set(replies.map(({ body: reply }) => reply.details.id)).size, 1, resource);
  }
});

test('one e-mail is one identity’s on two servers', async () => {
  const value = email();
  const body = { pool_id: first.quickstart.live.pool_id, factors: [{ name: 'email', type: 'email', value }] };
  const replies = await times(60, (n) => sides(n).call('POST', '/api/v1/identity', { body }));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  assert.equal(replies.filter(({ status }) => status === 422).length, 59);
});

test('failed sign-ins at both servers lock one identifier, and a login flow signs in once at either', async () => {
  const [one, two] = [await iamOf(first), await iamOf(second)];
  const sideOf = (n: number) => nativeClient(n % 2 === 0 ? one : two);
  const [person, other] = [newEmail(), newEmail()];
  const password = 'a quiet harbour in June';
  for (const address of [person, other])
    await one.create({ traits: { email: address }, credentials: { password: { config: { password } } } });

  const { body: flow } = await sideOf(0).begin('login');
  const body = { method: 'password', identifier: other, password };
  const replies = await times(20, (n) => sideOf(n).submit('login', flow.id, body));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);

  const guess = (n: number) =>
    sideOf(n).run('login', { method: 'password', identifier: person, password: 'not that one' });
  for (let n = 0; n < 10; n += 1) assert.equal((await guess(n)).status, 400);
  for (const n of [0, 1]) {
    const locked = await sideOf(n).run('login', { method: 'password', identifier: person, password });
    assert.equal(locked.status, 429, locked.text);
    assert.equal((await sideOf(n).login(other, password)).session.active, true);
  }
});
