import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { claimMessage } from '../../src/core/courier/dispatch.ts';
import { getMessage } from '../../src/core/courier/messages.ts';
import type { MessageId } from '../../src/core/courier/ports.ts';
import { queueMessage } from '../../src/core/courier/queue-message.ts';
import { InvalidInput, NotFound } from '../../src/core/errors.ts';
import { together } from '../../src/core/records.ts';
import type { Courier } from '../../src/wiring/courier.ts';
import { type Receiver, startReceiver } from '../harness/receiver.ts';
import { LOGIN, openSite, type Site } from './kit.ts';

// Text messages go to a service whose answers a test chooses.

let site: Site;
let service: Receiver;
let courier: Courier;
let second: Courier;
before(async () => {
  [site, service] = [await openSite(), await startReceiver()];
  const environment = { SELFSAME_COURIER_SMS_URL: service.url, SELFSAME_COURIER_SMS_TOKEN: 'tok' };
  courier = site.startCourier(environment);
  second = site.startCourier({ ...environment, SELFSAME_COURIER_KEEP_BODIES: 'false' });
});
after(async () => {
  await site[Symbol.asyncDispose]();
  await service.close();
});
beforeEach(() => {
  service.messages.length = 0;
  service.answer = () => 200;
});

const text = (more = {}) => site.queue({ channel: 'sms', recipient: '+15550102030', ...more });
const read = (id: MessageId) => getMessage(site.deps, site.own.principal, id);
const failures = async (id: MessageId) => (await read(id)).dispatches.map(({ failure }) => failure);

test('a queued message is sent once, by whichever of two processes comes first', async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, () => text()));
  assert.equal((await read(ids[0] as MessageId)).status, 'queued');
  await Promise.all([courier.job.settled?.(), second.job.settled?.()]);
  const sent = service.messages.map(({ body }) => body.id).sort();
  assert.deepEqual(sent, [...ids].sort());
  for (const id of ids) {
    const { status, sendCount, dispatches } = await read(id);
    assert.deepEqual([status, sendCount, dispatches.length], ['sent', 1, 1]);
  }
  const [first] = service.messages;
  assert.deepEqual(
    [first?.body.to, first?.body.template, first?.headers.authorization, first?.headers['idempotency-key']],
    ['+15550102030', 'login_code_valid', 'Bearer tok', first?.body.id],
  );
  assert.match(first?.body.body, /904417/);
});

test('a message whose transaction is rolled back is never sent', async () => {
  const { deps, own } = site;
  const message = { channel: 'sms', recipient: '+15550102030', occasion: LOGIN, languages: ['en'] } as const;
  const work = together(deps, async (tx) => {
    await queueMessage(tx, deps, { poolId: own.principal.poolId, identity: null, ...message });
    throw new RangeError('changed its mind');
  });
  await assert.rejects(work, RangeError);
  await courier.job.settled?.();
  assert.equal(service.messages.length, 0);
});

test('what cannot be handed over is tried five times, further and further apart, then abandoned', async () => {
  service.answer = () => 503;
  const id = await text();
  await courier.job.settled?.();
  for (const [tries, pause] of [5, 30, 120, 480].entries()) {
    assert.deepEqual([(await read(id)).status, service.messages.length], ['queued', tries + 1]);
    site.clock.advance(pause - 1);
    await courier.job.settled?.();
    assert.equal(service.messages.length, tries + 1, 'not before its time');
    site.clock.advance(1);
    await courier.job.settled?.();
  }
  assert.equal((await read(id)).status, 'abandoned');
  assert.deepEqual(await failures(id), Array(5).fill('not_accepted'));
  site.clock.advance(24 * 60 * 60);
  await courier.job.settled?.();
  assert.equal(service.messages.length, 5);
});

test('a message goes through at a later try, and what failed before stays on record', async () => {
  let answers = [500, 429, 204];
  service.answer = () => answers.shift() ?? 500;
  const id = await text();
  for (const pause of [0, 5, 30]) {
    site.clock.advance(pause);
    await courier.job.settled?.();
  }
  answers = [];
  assert.deepEqual([(await read(id)).status, (await read(id)).sendCount], ['sent', 3]);
  assert.deepEqual(await failures(id), ['not_accepted', 'not_accepted', null]);
});

test('what the service refuses is not tried again', async () => {
  service.answer = () => 422;
  const id = await text();
  await courier.job.settled?.();
  site.clock.advance(600);
  await courier.job.settled?.();
  assert.deepEqual([(await read(id)).status, service.messages.length], ['abandoned', 1]);
  assert.deepEqual(await failures(id), ['refused']);
});

test('what a killed process had claimed is nobody’s for 90 seconds, then another’s', async () => {
  const id = await text();
  const transports = { email: null, sms: { send: () => assert.fail('it was killed before') } };
  const killed = { ...site.deps, transports, keepsBodies: false };
  const claimed = await claimMessage(killed, site.own.principal.poolId);
  assert.equal(typeof claimed === 'object' && claimed.message.id, id);
  assert.equal((await read(id)).status, 'processing');
  site.clock.advance(89);
  await courier.job.settled?.();
  assert.equal(service.messages.length, 0);
  site.clock.advance(1);
  await courier.job.settled?.();
  assert.deepEqual([(await read(id)).status, (await read(id)).sendCount], ['sent', 2]);
});

test('a message that kills its process five times is abandoned, not tried for ever', async () => {
  const id = await text();
  const killed = {
    ...site.deps,
    transports: { email: null, sms: { send: () => assert.fail() } },
    keepsBodies: false,
  };
  for (let tries = 0; tries < 5; tries += 1) {
    await claimMessage(killed, site.own.principal.poolId);
    site.clock.advance(90);
  }
  await courier.job.settled?.();
  assert.equal((await read(id)).status, 'abandoned');
  assert.deepEqual([await failures(id), service.messages.length], [['no_outcome'], 0]);
});

test('who comes too late to settle changes nothing', async () => {
  const id = await text();
  const claimed = await claimMessage(
    { ...site.deps, transports: { email: null, sms: { send: async () => 'sent' } }, keepsBodies: false },
    site.own.principal.poolId,
  );
  assert.ok(typeof claimed === 'object');
  site.clock.advance(90);
  await courier.job.settled?.();
  const at = site.clock.now();
  const dispatch = { id: site.deps.ids.next(), failure: 'refused', createdAt: at, updatedAt: at } as const;
  const late = {
    id,
    claim: claimed.claim,
    status: 'abandoned',
    dueAt: null,
    at,
    dropsBody: true,
    dispatch,
  } as const;
  assert.equal(await site.deps.courier.settleMessage(site.own.principal.poolId, late), false);
  assert.deepEqual([(await read(id)).status, await failures(id)], ['sent', [null]]);
});

test('a stop gives up what hangs, and it is sent again elsewhere', async () => {
  const hanging = Promise.withResolvers<number>();
  const arrived = Promise.withResolvers<void>();
  service.answer = () => {
    arrived.resolve();
    return hanging.promise;
  };
  const id = await text();
  const stopped = site.startCourier({ SELFSAME_COURIER_SMS_URL: service.url });
  await stopped.job.run();
  await arrived.promise;
  await stopped.job.stop(0);
  assert.deepEqual([(await read(id)).status, await failures(id)], ['processing', []]);
  service.answer = () => 200;
  hanging.resolve(200);
  site.clock.advance(90);
  await courier.job.settled?.();
  assert.equal((await read(id)).status, 'sent');
});

test('text and code are gone once a message was sent, unless they are to be kept', async () => {
  const kept = await text();
  assert.equal((await read(kept)).body?.code, LOGIN.code);
  await courier.job.settled?.();
  assert.match((await read(kept)).body?.text ?? '', /904417/);
  const dropped = await text();
  await second.job.settled?.();
  const { recipient, body } = await read(dropped);
  assert.deepEqual([recipient, body], ['+15550102030', null]);
});

test('a recipient that could end a header, or be two, is refused and nothing is queued', async () => {
  const before = await site.sql('/* scatter: a test */ select 1 from courier_messages');
  const mails = [
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example,c@d.example',
    'A <a@b.example>',
    'a@b.example\u2028x',
    '',
  ];
  for (const recipient of mails) await assert.rejects(site.queue({ recipient }), InvalidInput, recipient);
  for (const recipient of ['+1555\r\n010', '12', 'a@b.example'])
    await assert.rejects(text({ recipient }), InvalidInput);
  const after = await site.sql('/* scatter: a test */ select 1 from courier_messages');
  assert.equal(after.length, before.length);
});

test('what was sent, or given up, is removed after 30 days with its attempts and its key', async () => {
  await courier.job.settled?.();
  site.clock.advance(31 * 24 * 60 * 60);
  const young = await text();
  await courier.job.settled?.();
  const waiting = await text();
  await courier.cleanUp.run();
  const rows = await site.sql<{ id: string }>(
    '/* scatter: a test */ select id from courier_messages order by id',
  );
  assert.deepEqual(
    rows.map(({ id }) => id),
    [young, waiting],
  );
  const left = await site.sql<{ keys: number; tries: number }>(
    `/* scatter: a test */ select (select count(*) from courier_keys)::integer as keys,
      (select count(*) from courier_dispatches)::integer as tries`,
  );
  assert.deepEqual({ ...left[0] }, { keys: 2, tries: 1 });
});

test('another pool sees none of it', async () => {
  const id = await text();
  await assert.rejects(getMessage(site.deps, site.other.principal, id), NotFound);
});
