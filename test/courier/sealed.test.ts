import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getMessage, listMessages } from '../../src/core/courier/messages.ts';
import type { MessageId } from '../../src/core/courier/ports.ts';
import { queueMessage } from '../../src/core/courier/queue-message.ts';
import { InvalidInput, NotFound, WrongState } from '../../src/core/errors.ts';
import type { IdentityId } from '../../src/core/ports.ts';
import { together } from '../../src/core/records.ts';
import type { Courier } from '../../src/wiring/courier.ts';
import { LOGIN, openSite, type Site } from './kit.ts';

let site: Site;
let courier: Courier;
before(async () => {
  site = await openSite();
  courier = site.startCourier();
});
after(() => site[Symbol.asyncDispose]());

const read = (id: MessageId) => getMessage(site.deps, site.own.principal, id);
const list = (input: Partial<Parameters<typeof listMessages>[2]> = {}) =>
  listMessages(site.deps, site.own.principal, {
    ...{ status: null, recipient: null, pageSize: 250, pageToken: null },
    ...input,
  });
const boxes = (id: MessageId) =>
  site.sql<{ head: string; body: string }>(
    `/* scatter: a test */ select encode(head, 'hex') as head, encode(body, 'hex') as body
     from courier_messages where id = '${id}'`,
  );

test('nothing of a message is readable in its row', async () => {
  const id = await site.queue({ identityId: await site.createIdentity() });
  const [row] = await site.sql<{ row: string }>(
    `/* scatter: a test */ select (m.*)::text as row from courier_messages m where m.id = '${id}'`,
  );
  for (const plain of ['Jo.Doe', 'jo.doe', 'example.com', '904417', 'Your login code']) {
    assert.ok(!row?.row.includes(plain));
    assert.ok(!row?.row.includes(Buffer.from(plain).toString('hex')));
  }
});

test('messages open as they were, with and without an identity, whichever keys are rotated', async () => {
  const owned = await site.queue({ identityId: await site.createIdentity() });
  const alone = await site.queue({ recipient: 'nobody@example.com' });
  for (const kind of ['data', 'pool', 'data'] as const) {
    const [before] = await boxes(owned);
    await site.rotate(kind);
    const [after] = await boxes(owned);
    assert.equal(after?.head === before?.head && after?.body === before?.body, kind === 'pool');
    for (const [id, recipient] of [
      [owned, 'Jo.Doe@example.com'],
      [alone, 'nobody@example.com'],
    ] as const) {
      const shown = await read(id);
      assert.deepEqual(
        [shown.recipient, shown.subject, shown.body?.code],
        [recipient, 'Your login code', '904417'],
      );
    }
  }
  const wrapped = `/* scatter: a test */ select distinct get_byte(wrapped, 4) as version from courier_keys`;
  assert.deepEqual(
    (await site.sql<{ version: number }>(wrapped)).map(({ version }) => version),
    [2],
    'the own keys of messages come under the new pool key',
  );
  await courier.job.settled?.();
  assert.equal((await read(owned)).status, 'sent');
});

test('messages queued while data keys are rotated all open afterwards', async () => {
  const identityId = await site.createIdentity();
  const ids: MessageId[] = [];
  const queueing = async () => {
    for (let n = 0; n < 40; n += 1) ids.push(await site.queue({ identityId }));
  };
  await Promise.all([queueing(), site.rotate('data').then(() => site.rotate('data'))]);
  for (const id of ids) assert.equal((await read(id)).body?.code, LOGIN.code);
});

test('once its identity is erased a message is shown to nobody, and never sent', async () => {
  const identityId = await site.createIdentity();
  await courier.job.settled?.();
  const sent = await site.queue({ identityId });
  await courier.job.settled?.();
  const queued = await site.queue({ identityId });
  const files = site.outbox().length;
  await site.erase(identityId);
  for (const id of [sent, queued]) await assert.rejects(read(id), NotFound);
  const { items } = await list();
  assert.ok(!items.some(({ id }) => id === sent || id === queued));
  await courier.job.settled?.();
  assert.equal(site.outbox().length, files);
  assert.deepEqual(await boxes(queued), []);
});

test('a message moved to another identity’s name does not open', async () => {
  const [one, two] = [await site.createIdentity(), await site.createIdentity()];
  const id = await site.queue({ identityId: one });
  await site.sql(
    `/* scatter: a test */ update courier_messages set identity_id = '${two}' where id = '${id}'`,
  );
  await assert.rejects(read(id));
  await courier.job.settled?.();
  const [row] = await site.sql<{ status: string; failure: string }>(
    `/* scatter: a test */ select m.status, d.failure from courier_messages m
     join courier_dispatches d on d.message_id = m.id where m.id = '${id}'`,
  );
  assert.deepEqual({ ...row }, { status: 'abandoned', failure: 'unreadable' });
  await site.sql(`/* scatter: a test */ delete from courier_messages where id = '${id}'`);
});

test('nothing is queued for an identity that was erased, or under a key that it no longer has', async () => {
  const identityId = await site.createIdentity();
  const { poolId } = site.own.principal;
  const stale = await site.deps.identities.findIdentity(poolId, identityId);
  assert.ok(stale !== null);
  await site.rotate('data');
  let tries = 0;
  const message = {
    channel: 'email',
    recipient: 'a@example.com',
    occasion: LOGIN,
    languages: ['en'],
  } as const;
  const id = await together(site.deps, async (tx) => {
    tries += 1;
    const fresh = await tx.identities.findIdentity(poolId, identityId);
    return queueMessage(tx, site.deps, { poolId, identity: tries === 1 ? stale : fresh, ...message });
  });
  assert.deepEqual([tries, (await read(id)).recipient], [2, 'a@example.com']);
  await site.erase(identityId);
  await assert.rejects(site.queue({ identityId: identityId as IdentityId }), WrongState);
});

test('a message goes with the transaction that makes its identity', async () => {
  const message = {
    channel: 'email',
    recipient: 'new@example.com',
    occasion: LOGIN,
    languages: ['en'],
  } as const;
  const ids: MessageId[] = [];
  const identityId = await site.createIdentity(async (tx, made) => {
    ids.push(await queueMessage(tx, site.deps, { poolId: made.poolId, identity: made, ...message }));
  });
  const [id] = ids;
  assert.ok(id !== undefined);
  assert.deepEqual(
    [(await read(id)).identityId, (await read(id)).recipient],
    [identityId, 'new@example.com'],
  );
});

test('a listing by pages is newest first and has each message once', async () => {
  const all = (await list()).items.map(({ id }) => id);
  assert.deepEqual(all, [...all].sort().reverse());
  const seen: string[] = [];
  let pageToken: string | null = null;
  do {
    const page = await list({ pageSize: 7, pageToken });
    seen.push(...page.items.map(({ id }) => id));
    pageToken = page.nextPageToken;
    await site.queue({ recipient: 'late@example.com' });
  } while (pageToken !== null);
  assert.deepEqual(seen, all);
});

test('a listing is filtered by status and by recipient, however that is written', async () => {
  await courier.job.settled?.();
  const id = await site.queue({ recipient: 'Only.One@Example.com' });
  const found = await list({ recipient: ' only.one@EXAMPLE.com' });
  assert.deepEqual(
    found.items.map((item) => item.id),
    [id],
  );
  assert.deepEqual(
    (await list({ status: 'queued' })).items.map((item) => item.id),
    [id],
  );
  assert.equal((await list({ status: 'sent', recipient: 'only.one@example.com' })).items.length, 0);
  assert.equal((await list({ recipient: 'on' })).items.length, 0);
});

test('a page token that was not given is refused, another pool’s too', async () => {
  const { nextPageToken } = await list({ pageSize: 1 });
  assert.ok(nextPageToken !== null);
  for (const pageToken of [
    '',
    '1',
    'AAAA',
    `${nextPageToken.slice(0, -2)}${nextPageToken.endsWith('AA') ? 'BB' : 'AA'}`,
  ]) {
    await assert.rejects(list({ pageToken }), InvalidInput);
  }
  const elsewhere = { status: null, recipient: null, pageSize: 1, pageToken: nextPageToken };
  await assert.rejects(listMessages(site.deps, site.other.principal, elsewhere), InvalidInput);
});
