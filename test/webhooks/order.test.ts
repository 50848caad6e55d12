import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poll } from '../harness/process.ts';
import type { Message } from '../harness/receiver.ts';
import { startServer } from '../harness/server.ts';
import { type Hooks, hooksOf, openHooks } from '../harness/webhooks.ts';

const IDENTITIES = 12;
const CHANGES = 15;

/** The number that a change left in the reference: `ref-<identity>-<number>`. */
function numberOf({ body }: Message): number {
  return Number(/-(\d+)$/.exec(body.data.external_ref ?? '')?.[1] ?? 0);
}

/** Deliveries that came, by identity, without repetitions of what was sent again. */
function byIdentity(messages: readonly Message[]): Map<string, number[]> {
  const seen = new Set<string>();
  const numbers = new Map<string, number[]>();
  for (const message of messages) {
    if (seen.has(message.body.idempotency_key)) continue;
    seen.add(message.body.idempotency_key);
    const id: string = message.body.data.identity_id;
    numbers.set(id, [...(numbers.get(id) ?? []), numberOf(message)]);
  }
  return numbers;
}

async function changeAll(hooks: readonly Hooks[], ids: readonly string[], from: number): Promise<void> {
  await Promise.all(
    ids.map(async (id, index) => {
      for (let number = from; number < from + CHANGES; number += 1) {
        const through = hooks[(index + number) % hooks.length];
        const reply = await through?.patch(id, { external_ref: `ref-${index}-${number}` });
        assert.equal(reply?.status, 200, reply?.text);
      }
    }),
  );
}

async function makeIdentities({ call }: Hooks): Promise<string[]> {
  return Promise.all(
    Array.from({ length: IDENTITIES }, async (_, index) => {
      const reply = await call('POST', '/identities', { body: { external_ref: `ref-${index}-0` } });
      assert.equal(reply.status, 201, reply.text);
      return reply.body.id as string;
    }),
  );
}

function assertWhole(messages: readonly Message[], ids: readonly string[], to: number): void {
  const numbers = byIdentity(messages);
  for (const id of ids) {
    assert.deepEqual(
      numbers.get(id),
      Array.from({ length: to + 1 }, (_, number) => number),
      'each change once, in order',
    );
  }
}

test('each identity’s events come once and in order, through two servers that change and send at the same time', async (t) => {
  const first = await openHooks(t, { jobsRun: true });
  const second = await startServer({
    jobsRun: true,
    database: first.server.database,
    clock: first.server.clock,
  });
  t.after(() => second.close());
  const both = [first, hooksOf(second, first.receiver)];
  await first.hook();
  const ids = await makeIdentities(first);
  const busy = { on: true };
  const sending = both.map(async (hooks) => {
    while (busy.on) await hooks.run();
  });
  await changeAll(both, ids, 1);
  busy.on = false;
  await Promise.all(sending);
  await poll('everything is delivered', async () => {
    await Promise.all(both.map((hooks) => hooks.run()));
    return first.receiver.messages.length >= IDENTITIES * (CHANGES + 1) ? true : null;
  });
  assertWhole(first.receiver.messages, ids, CHANGES);
  assert.equal(first.receiver.messages.length, IDENTITIES * (CHANGES + 1), 'nothing was sent twice');
  const { api_key: key } = first.server.quickstart.live;
  assert.equal((await first.call('GET', '/webhooks', { key })).body.data[0].consecutive_failures, 0);
});

test('a delivery that is retried holds back what follows of its identity, and nothing else', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, server } = hooks;
  await hooks.hook();
  const [one = '', two = ''] = await makeIdentities(hooks);
  await hooks.run();
  receiver.messages.length = 0;
  let refused = 0;
  receiver.answer = (message) => {
    if (message.body.data.identity_id !== one || numberOf(message) !== 1) return 200;
    refused += 1;
    return 503;
  };
  for (const id of [one, two]) {
    for (const number of [1, 2, 3]) await hooks.patch(id, { external_ref: `ref-${id}-${number}` });
  }
  await hooks.run();
  await hooks.run();
  assert.deepEqual(
    byIdentity(receiver.messages),
    new Map([
      [one, [1]],
      [two, [1, 2, 3]],
    ]),
  );
  // Behind what waits, too, when it comes later.
  await hooks.patch(one, { external_ref: `ref-${one}-4` });
  server.clock.advance(29);
  await hooks.run();
  assert.equal(receiver.messages.length, 4);
  receiver.answer = () => 200;
  server.clock.advance(1);
  await hooks.run();
  assert.deepEqual(byIdentity(receiver.messages).get(one), [1, 2, 3, 4]);
  assert.equal(refused, 1);
});

test('a delivery that is given up lets the next ones pass', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, server } = hooks;
  const { id: hookId } = await hooks.hook();
  receiver.answer = (message) => (numberOf(message) === 0 ? 500 : 200);
  const [id = ''] = await makeIdentities(hooks);
  await hooks.patch(id, { external_ref: 'given-up-1' });
  await hooks.run();
  for (const seconds of [30, 120, 480, 1920]) {
    server.clock.advance(seconds);
    await hooks.run();
    const numbers = byIdentity(receiver.messages).get(id);
    assert.deepEqual(numbers, [0]);
  }
  // Ten of the other identities would trip the breaker together; only this one's end is looked at.
  receiver.answer = (message) =>
    message.body.data.identity_id === id && numberOf(message) === 0 ? 500 : 200;
  server.clock.advance(7200);
  await hooks.run();
  assert.deepEqual(byIdentity(receiver.messages).get(id), [0, 1]);
  const failed = await hooks.deliveries(hookId, '?status=failed');
  assert.equal(failed.length, 1);
});

test('what was not committed is never told', async (t) => {
  const hooks = await openHooks(t);
  await hooks.hook();
  const made = await hooks.call('POST', '/identities', { body: { external_ref: 'taken' } });
  const other = await hooks.call('POST', '/identities', { body: { external_ref: 'other' } });
  const refusals = [
    await hooks.call('POST', '/identities', { body: { external_ref: 'taken' } }),
    await hooks.patch(other.body.id, { first_name: 'Ada', external_ref: 'taken' }),
    await hooks.patch(made.body.id, { date_of_birth: '1990-02-30' }),
    await hooks.patch(made.body.id, {}),
  ];
  assert.deepEqual(
    refusals.map(({ status }) => status),
    [409, 422, 422, 200],
  );
  await hooks.run();
  assert.deepEqual(hooks.receiver.messages.map(({ body }) => [body.event, body.data.external_ref]).sort(), [
    ['identity.created', 'other'],
    ['identity.created', 'taken'],
  ]);
});
