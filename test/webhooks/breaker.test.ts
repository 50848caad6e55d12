import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver } from '../harness/receiver.ts';
import { startServer } from '../harness/server.ts';
import { type Hooks, hooksOf, openHooks } from '../harness/webhooks.ts';

const RETRIES = [30, 120, 480, 1920, 7200];

async function useUpRetries({ server, run }: Hooks): Promise<void> {
  await run();
  for (const seconds of RETRIES) {
    server.clock.advance(seconds);
    await run();
  }
}

async function make({ call }: Hooks, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const reply = await call('POST', '/identities', { body: { external_ref: `one-${index}` } });
    assert.equal(reply.status, 201, reply.text);
  }
}

test('ten deliveries given up in a row disable the endpoint; switched on again, what waited goes on', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, call } = hooks;
  const { id } = await hooks.hook();
  const show = async () => (await call('GET', `/webhooks/${id}`)).body;
  receiver.answer = () => 500;
  await make(hooks, 0, 9);
  await useUpRetries(hooks);
  assert.deepEqual([(await show()).is_active, (await show()).consecutive_failures], [true, 9]);

  receiver.answer = () => 200;
  await make(hooks, 9, 1);
  await hooks.run();
  assert.equal((await show()).consecutive_failures, 0, 'one that went through starts the count anew');

  receiver.answer = () => 500;
  await make(hooks, 10, 10);
  await hooks.run();
  for (const seconds of RETRIES.slice(0, 4)) {
    hooks.server.clock.advance(seconds);
    await hooks.run();
  }
  // Younger than the ten: still to be tried when they are given up.
  await make(hooks, 20, 2);
  await hooks.run();
  hooks.server.clock.advance(7200);
  await hooks.run();
  const off = await show();
  assert.deepEqual([off.is_active, off.consecutive_failures], [false, 10]);
  assert.equal(off.disabled_at, hooks.server.clock.now().toISOString());
  const disabled = await hooks.server.sql(
    `select 1 from audit_entries where action = 'webhook.disabled' and key_id is null`,
  );
  assert.equal(disabled.length, 1);

  const sent = receiver.messages.length;
  await make(hooks, 22, 1);
  hooks.server.clock.advance(86_400);
  await hooks.run();
  assert.equal(receiver.messages.length, sent, 'nothing is sent to an endpoint that is off');
  const waiting = await hooks.deliveries(id, '?status=pending');
  assert.equal(waiting.length, 2, 'what came while it was off is not kept for it');
  assert.deepEqual(
    waiting.map((one) => one.next_attempt_at),
    [null, null],
  );

  receiver.answer = () => 200;
  const on = await call('PATCH', `/webhooks/${id}`, { body: { is_active: true } });
  assert.deepEqual([on.body.is_active, on.body.disabled_at, on.body.consecutive_failures], [true, null, 0]);
  await hooks.run();
  const references = receiver.messages.slice(sent).map(({ body }) => body.data.external_ref);
  assert.deepEqual(references.sort(), ['one-20', 'one-21']);
  await make(hooks, 23, 1);
  await hooks.run();
  assert.equal(receiver.messages.at(-1)?.body.data.external_ref, 'one-23');
});

test('switching off by hand keeps what is pending, and a replay waits with it', async (t) => {
  const hooks = await openHooks(t);
  const { receiver, call } = hooks;
  const { id } = await hooks.hook();
  await make(hooks, 0, 1);
  await hooks.run();
  receiver.answer = () => 500;
  await make(hooks, 1, 1);
  await hooks.run();
  const off = await call('PATCH', `/webhooks/${id}`, { body: { is_active: false } });
  assert.deepEqual(
    [off.body.is_active, off.body.disabled_at],
    [false, hooks.server.clock.now().toISOString()],
  );
  const [delivered] = await hooks.deliveries(id, '?status=delivered');
  const replayed = await call('POST', `/webhooks/${id}/deliveries/${delivered.id}/replay`);
  assert.deepEqual([replayed.body.status, replayed.body.next_attempt_at], ['pending', null]);
  const sent = receiver.messages.length;
  hooks.server.clock.advance(3600);
  await hooks.run();
  assert.equal(receiver.messages.length, sent);
  receiver.answer = () => 200;
  await call('PATCH', `/webhooks/${id}`, { body: { is_active: true } });
  await hooks.run();
  assert.equal(receiver.messages.length, sent + 2);
});

test('an endpoint that never answers keeps another one waiting for nothing', async (t) => {
  const hooks = await openHooks(t);
  const { receiver } = hooks;
  const never = Promise.withResolvers<number>();
  t.after(async () => never.resolve(200));
  receiver.answer = ({ path }) => (path === '/slow' ? never.promise : 200);
  const slow = await hooks.hook({ url: receiver.url.replace('/hook', '/slow') });
  await hooks.hook();
  await make(hooks, 0, 40);
  const sentTo = (wanted: string) => receiver.messages.filter(({ path }) => path === wanted).length;
  const all = Promise.withResolvers<void>();
  const { answer } = receiver;
  receiver.answer = (message) => {
    if (sentTo('/hook') === 40 && sentTo('/slow') >= 16) all.resolve();
    return answer(message);
  };
  const settled = hooks.run();
  await all.promise;
  // What else was on its way would have come by now.
  for (let look = 0; look < 20; look += 1) await hooks.deliveries(slow.id);
  assert.equal(sentTo('/slow'), 16, 'a bounded number at once');
  never.resolve(200);
  await settled;
  assert.equal((await hooks.deliveries(slow.id, '?status=delivered')).length, 40);
});

test('a private address is refused unless the configuration allows it: a failed attempt that tells nothing of the address', async (t) => {
  // As `serve` has it, but for another range.
  const hooks = await openHooks(t, { environment: { SELFSAME_OUTGOING_ALLOW_PRIVATE: '10.1.2.0/24' } });
  const { id } = await hooks.hook();
  const named = await hooks.hook({ url: hooks.receiver.url.replace('127.0.0.1', 'localhost') });
  await make(hooks, 0, 1);
  await hooks.run();
  assert.deepEqual(hooks.receiver.messages, []);
  for (const hook of [id, named.id]) {
    const [delivery] = await hooks.deliveries(hook);
    assert.deepEqual(
      [delivery.status, delivery.attempts, delivery.response_status, delivery.failure_reason],
      ['pending', 1, null, 'destination_refused'],
    );
  }
  const lines = hooks.server
    .logs()
    .split('\n')
    .filter((line) => line.includes('webhook destination refused'));
  assert.equal(lines.length, 2);
  for (const line of lines) assert.doesNotMatch(line, /127\.0|::1|localhost/);
});

test('a receiver that is not there is a failed attempt', async (t) => {
  const hooks = await openHooks(t);
  const { id } = await hooks.hook({ url: 'http://127.0.0.1:1/none' });
  await make(hooks, 0, 1);
  await hooks.run();
  const [delivery] = await hooks.deliveries(id);
  assert.deepEqual([delivery.status, delivery.failure_reason], ['pending', 'no_answer']);
});

test('events are removed an hour after they were looked at, deliveries after 30 days', async (t) => {
  const hooks = await openHooks(t);
  const { server } = hooks;
  const { id } = await hooks.hook();
  await make(hooks, 0, 3);
  await hooks.run();
  const events = async () => (await server.sql('select 1 from outbox')).length;
  await server.runJob('housekeeping');
  assert.notEqual(await events(), 0);
  server.clock.advance(3601);
  await make(hooks, 3, 1);
  await server.runJob('housekeeping');
  const left = await server.sql<{ fanned_out_at: Date | null }>('select fanned_out_at from outbox');
  assert.equal(left.length, 1, 'what nobody looked at stays');
  assert.equal((await hooks.deliveries(id)).length, 3);
  await hooks.run();
  server.clock.advance(30 * 86_400 - 3000);
  await server.runJob('housekeeping');
  assert.equal((await hooks.deliveries(id)).length, 1);
});

test('events that nobody listens to are removed after an hour, in a pool that never had an endpoint', async (t) => {
  const hooks = await openHooks(t);
  const { server } = hooks;
  const events = async () =>
    (await server.sql(`select 1 from outbox where type = 'identity.created'`)).length;
  await make(hooks, 0, 2);
  await server.runJob('housekeeping');
  assert.equal(await events(), 2);
  server.clock.advance(3601);
  await server.runJob('housekeeping');
  assert.equal(await events(), 0);
});

test('a server that stops does not wait for a receiver that never answers', async (t) => {
  const receiver = await startReceiver();
  const server = await startServer({ jobsRun: true });
  t.after(() => receiver.close());
  const hooks = hooksOf(server, receiver);
  const arrived = Promise.withResolvers<void>();
  receiver.answer = () => {
    arrived.resolve();
    return new Promise(() => {});
  };
  await hooks.hook();
  await make(hooks, 0, 1);
  await arrived.promise;
  const began = performance.now();
  await server.close();
  assert.ok(performance.now() - began < 20_000, 'far less than the 30 seconds that a receiver has');
  assert.ok(!server.logs().includes('"level":50'), 'and nothing of it is a fault');
});
