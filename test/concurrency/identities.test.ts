import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { email, FACTORS, marker } from '../harness/matrix.ts';
import type { Reply, TestServer } from '../harness/server.ts';
import { startServer } from '../harness/server.ts';

// What one request sees of others at the same moment.

let server: TestServer;
let domainId: string;
before(async () => {
  server = await startServer();
  domainId = server.quickstart.domain_id;
});
after(() => server.close());

const times = <Result>(n: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => work(index)));

/** How many replies of each status, `{200: 1, 422: 99}`. */
function statuses(replies: readonly Reply[]): Record<string, number> {
  const groups = Object.entries(Object.groupBy(replies, ({ status }) => status));
  return Object.fromEntries(groups.map(([status, list = []]) => [status, list.length]));
}

async function make(resource: string, details: unknown): Promise<string> {
  const { status, body, text } = await server.call('POST', `/api/v1/${resource}`, { body: { details } });
  assert.equal(status, 200, text);
  return body.details.id;
}

async function makePool(factors: unknown = FACTORS) {
  const rulesetId = await make('ruleset', { domain_id: domainId, title: marker(), factors });
  const poolId = await make('pool', { domain_id: domainId, ruleset_id: rulesetId, title: marker() });
  return { poolId, rulesetId };
}

const create = (poolId: string, value: string, more: unknown[] = []) =>
  server.call('POST', '/api/v1/identity', {
    body: { details: { pool_id: poolId, factors: [{ name: 'email', type: 'email', value }, ...more] } },
  });

async function list(poolId: string, query = '') {
  const { body, text } = await server.call('GET', `/api/v1/identity?pool_id=${poolId}${query}`);
  assert.equal(body?.status, 'success', text);
  return body;
}

test('a hundred creates of one e-mail at once make one identity', async () => {
  const { poolId } = await makePool();
  const address = email();
  const replies = await times(100, (n) => create(poolId, n % 2 === 0 ? address : address.toUpperCase()));
  assert.deepEqual(statuses(replies), { 200: 1, 422: 99 });
  for (const { status, body } of replies) {
    if (status === 422) assert.deepEqual(Object.keys(body.errors), ['factors[0].value']);
  }
  assert.equal((await list(poolId)).pagination.item_count, 1);
});

test('an e-mail that moves from one identity to another at once is never held by two, and never lost', async () => {
  const { poolId } = await makePool();
  const address = email();
  const ids = await times(10, async () => (await create(poolId, email())).body.details.id as string);
  for (let round = 0; round < 5; round += 1) {
    const replies = await Promise.all(
      ids.map((id) =>
        server.call('PUT', `/api/v1/identity/${id}`, {
          body: { factors: [{ name: 'email', type: 'email', value: address }] },
        }),
      ),
    );
    const { summaries } = await list(poolId);
    const holders = summaries.filter(({ title }: { title: string }) => title === address);
    assert.equal(holders.length, 1);
    assert.deepEqual(
      replies.filter(({ status }) => status === 200).map(({ body }) => body.details.id),
      [holders[0].id],
    );
    assert.equal(statuses(replies)['422'], 9);
    const away = await server.call('PUT', `/api/v1/identity/${holders[0].id}`, {
      body: { factors: [{ name: 'email', type: 'email', value: email() }] },
    });
    assert.equal(away.status, 200);
  }
});

test('changes of one identity at once come one after another: every acknowledged one counts', async () => {
  const { poolId } = await makePool();
  const id: string = (await create(poolId, email())).body.details.id;
  const replies = await times(40, (n) =>
    n % 4 === 0
      ? server.call('POST', `/api/v1/identity/${id}/interaction`, { body: { user_agent: `agent ${n}` } })
      : server.call('PUT', `/api/v1/identity/${id}`, { body: { metadata: { n: `${n}` } } }),
  );
  const { 200: done = 0, 409: refused = 0, ...rest } = statuses(replies);
  assert.deepEqual(rest, {});
  assert.equal(done + refused, 40);
  assert.ok(done >= 20, `${done} of 40 came through`);
  const [row] = await server.sql<{ version: number; entries: number }>(
    `select i.version, (select count(*)::integer from audit_entries a where a.subject_id = i.id) as entries
     from identities i join pools p on p.id = i.pool_id
     where i.id = (select subject_id from audit_entries order by id desc limit 1)`,
  );
  assert.deepEqual(row, { version: 1 + done, entries: 1 + done });
  const { body } = await server.call('GET', `/api/v1/identity/${id}`);
  const acknowledged = replies.filter(({ status }) => status === 200).map(({ body: { details } }) => details);
  assert.ok(
    acknowledged.some(({ metadata }) => metadata.n === body.details.metadata.n),
    'what stands was acknowledged',
  );
  assert.ok(
    body.details.last_seen.user_agent.startsWith('agent'),
    'interactions and changes keep each other',
  );
});

test('of deletes at once one is done, and no change comes after it', async () => {
  const { poolId } = await makePool();
  const id: string = (await create(poolId, email())).body.details.id;
  const [deletes, changes] = await Promise.all([
    times(10, () => server.call('DELETE', `/api/v1/identity/${id}`)),
    times(10, (n) => server.call('PUT', `/api/v1/identity/${id}`, { body: { metadata: { n: `${n}` } } })),
  ]);
  assert.deepEqual(statuses(deletes), { 200: 1, 409: 9 });
  const { body } = await server.call('GET', `/api/v1/identity/${id}`);
  const deleted = deletes.find(({ status }) => status === 200);
  assert.deepEqual(body.details, deleted?.body.details);
  for (const { status } of changes) assert.ok(status === 200 || status === 409);
  const { pagination } = await list(poolId, '&status=extant');
  assert.equal(pagination.item_count, 0);
});

test('a ruleset that drops a factor never leaves an identity with it', async () => {
  const extra = { name: 'extra', type: 'username', identifier: false };
  for (let round = 0; round < 6; round += 1) {
    const { poolId, rulesetId } = await makePool([...FACTORS, extra]);
    const [replies, put] = await Promise.all([
      times(12, () => create(poolId, email(), [{ name: 'extra', type: 'username', value: marker() }])),
      server.call('PUT', `/api/v1/ruleset/${rulesetId}`, { body: { factors: FACTORS } }),
    ]);
    const { 200: made = 0, 422: refused = 0, ...rest } = statuses(replies);
    assert.deepEqual(rest, {});
    assert.equal(made + refused, 12);
    const [{ n } = { n: -1 }] = await server.sql<{ n: number }>(
      `select coalesce(sum(n), 0)::integer as n from tallies where name = 'factor:extra'
       and pool_id = (select pool_id from tallies order by pool_id desc limit 1)`,
    );
    if (put.status === 200) {
      assert.equal(made, 0, 'a factor was dropped under an identity that has it');
      assert.equal(refused, 12);
    } else {
      assert.equal(put.status, 409, put.text);
      assert.ok(made >= 1);
      assert.equal(refused, 0, 'nobody is refused by a ruleset that never came');
      assert.equal(n, made);
    }
    assert.equal((await list(poolId)).pagination.item_count, made);
  }
});

test('a factor that becomes required is one that every identity has', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { poolId, rulesetId } = await makePool();
    const required = FACTORS.map((factor) => ({ ...factor, required: true }));
    const [replies, put] = await Promise.all([
      times(10, () => create(poolId, email())),
      server.call('PUT', `/api/v1/ruleset/${rulesetId}`, { body: { factors: required } }),
    ]);
    const { 200: made = 0, 422: refused = 0 } = statuses(replies);
    assert.equal(made + refused, 10);
    assert.equal(put.status, made === 0 ? 200 : 409);
    assert.equal((await list(poolId)).pagination.item_count, made);
  }
});

test('a deleted pool has the identities that were acknowledged, and gets no more', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { poolId } = await makePool();
    const [replies, deleted] = await Promise.all([
      times(20, () => create(poolId, email())),
      server.call('DELETE', `/api/v1/pool/${poolId}`),
    ]);
    assert.equal(deleted.status, 200);
    const { 200: made = 0, 409: refused = 0 } = statuses(replies);
    assert.equal(made + refused, 20);
    assert.equal((await list(poolId)).pagination.item_count, made);
    assert.equal((await create(poolId, email())).status, 409);
  }
});

test('a deleted ruleset is no pool’s, and a deleted domain has no open one', async () => {
  for (let round = 0; round < 4; round += 1) {
    const domain = await make('domain', { account_id: server.quickstart.account_id, title: marker() });
    const ruleset = await make('ruleset', { domain_id: domain, title: marker(), factors: FACTORS });
    const body = { domain_id: domain, ruleset_id: ruleset, title: marker() };
    const [pools, rulesetGone] = await Promise.all([
      times(6, () => server.call('POST', '/api/v1/pool', { body })),
      server.call('DELETE', `/api/v1/ruleset/${ruleset}`),
    ]);
    const { 200: made = 0, 409: refused = 0 } = statuses(pools);
    assert.equal(made + refused, 6);
    assert.equal(rulesetGone.status, made === 0 ? 200 : 409);
  }
});

test('one idempotency key makes one identity, and every reply shows it', async () => {
  const { poolId } = await makePool();
  const body = {
    details: { pool_id: poolId, factors: [{ name: 'email', type: 'email', value: email() }] },
    idempotency_key: marker(),
  };
  const replies = await times(30, () => server.call('POST', '/api/v1/identity', { body }));
  assert.deepEqual(statuses(replies), { 200: 30 });
  const [first] = replies;
  for (const { body: reply } of replies) assert.deepEqual(reply, first?.body);
  assert.equal((await list(poolId)).pagination.item_count, 1);
});
