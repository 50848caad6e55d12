import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { getMessage } from '../../src/core/courier/messages.ts';
import type { MessageId } from '../../src/core/courier/ports.ts';
import type { Courier } from '../../src/wiring/courier.ts';
import { openSite, type Site } from './kit.ts';

// Which transport the settings choose, and what becomes of messages without one.

let site: Site;
let courier: Courier;
before(async () => {
  site = await openSite();
  courier = site.startCourier();
});
after(() => site[Symbol.asyncDispose]());

const read = (id: MessageId) => getMessage(site.deps, site.own.principal, id);

test('without a transport messages wait, nothing counts as a try, and that is said once', async () => {
  const id = await site.queue();
  const before = site.logged.length;
  const none = site.startCourier({}, 'manage');
  await none.job.settled?.();
  assert.deepEqual([(await read(id)).status, (await read(id)).sendCount], ['queued', 0]);
  const said = site.logged.slice(before).map((line) => JSON.parse(line));
  assert.deepEqual(
    said.map(({ channel }) => channel),
    ['email', 'sms'],
  );
  await courier.job.settled?.();
  assert.equal((await read(id)).status, 'sent');
});

test('an outbox that cannot be written is told, without the message, and tried again', async () => {
  const before = site.logged.length;
  const id = await site.queue();
  await site.startCourier({ SELFSAME_COURIER_OUTBOX: import.meta.filename }).job.settled?.();
  const { status, dispatches } = await read(id);
  assert.deepEqual([status, dispatches.map(({ failure }) => failure)], ['queued', ['not_accepted']]);
  const said = site.logged.slice(before);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /"operation":"courier"/);
  assert.doesNotMatch(said[0] ?? '', /jo\.doe|904417/i);
  site.clock.advance(5);
  await courier.job.settled?.();
  assert.equal((await read(id)).status, 'sent');
});

test('quickstart writes each e-mail to a file: to, subject, body, code', async () => {
  await courier.job.settled?.();
  site.clock.advance(1);
  const before = site.outbox().length;
  const identityId = await site.createIdentity();
  await site.queue({ identityId });
  site.clock.advance(1);
  await site.queue({ occasion: { template: 'recovery_invalid' }, recipient: 'nobody@example.com' });
  await courier.job.settled?.();
  assert.equal(site.outbox().length, before + 2);
  const [first, last] = site
    .outbox()
    .slice(before)
    .map(({ content }) => content);
  assert.deepEqual(Object.keys(first ?? {}), ['to', 'subject', 'body', 'code', 'template', 'channel']);
  assert.deepEqual(
    [first?.to, first?.subject, first?.code],
    ['Jo.Doe@example.com', 'Your login code', '904417'],
  );
  assert.match(String(first?.body), /904417/);
  assert.deepEqual([last?.to, last?.code, last?.template], ['nobody@example.com', null, 'recovery_invalid']);
});

test('with a mail server configured, e-mail goes there', async () => {
  const envelopes: string[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, logger: false },
    onData(stream, { envelope }, callback) {
      stream.resume();
      stream.on('end', () => {
        envelopes.push(envelope.rcptTo.map(({ address }) => address).join());
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  const mailing = site.startCourier({
    SELFSAME_COURIER_SMTP_URL: `smtp://127.0.0.1:${port}`,
    SELFSAME_COURIER_SMTP_FROM: 'no-reply@example.com',
    SELFSAME_COURIER_SMTP_TLS: 'off',
  });
  const id = await site.queue({ recipient: 'by.mail@example.com' });
  await mailing.job.settled?.();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.deepEqual([(await read(id)).status, envelopes], ['sent', ['by.mail@example.com']]);
});
