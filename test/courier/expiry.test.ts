import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSite, type Site } from './kit.ts';

// What becomes of messages that have ended, on a clock that the test moves.

const DAY_SECONDS = 24 * 60 * 60;
/** More than one statement removes. */
const MANY = 1001;

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());

async function left(): Promise<{ messages: number; keys: number; tries: number }> {
  const [counts] = await site.sql<{ messages: number; keys: number; tries: number }>(
    `/* scatter: a test */ select (select count(*) from courier_messages)::integer as messages,
      (select count(*) from courier_keys)::integer as keys,
      (select count(*) from courier_dispatches)::integer as tries`,
  );
  assert.ok(counts !== undefined);
  return { ...counts };
}

/** Messages of a pool that end now, with a key each. */
async function end(status: 'sent' | 'abandoned', count: number): Promise<void> {
  const { poolId } = site.own.principal;
  const at = site.clock.now().toISOString();
  await site.sql(
    `/* scatter: a test */ with made as (
      insert into courier_messages (pool_id, id, status, type, template_type, ended_at, recipient_digest, head,
        created_at, updated_at)
      select '${poolId}', gen_random_uuid(), '${status}', 'email', 'login_code_valid', '${at}', '', '', '${at}', '${at}'
      from generate_series(1, ${count}) returning id)
    insert into courier_keys (pool_id, message_id, wrapped) select '${poolId}', id, '' from made`,
  );
}

test('what was sent, or given up, is there for 30 days and then gone with its key, however much it is', async () => {
  const { cleanUp } = site.startCourier();
  await end('sent', MANY);
  await end('abandoned', 2);
  site.clock.advance(30 * DAY_SECONDS - 1);
  await end('abandoned', 1);
  await site.queue();
  await cleanUp.run();
  assert.deepEqual(await left(), { messages: MANY + 4, keys: MANY + 4, tries: 0 });
  site.clock.advance(1);
  await cleanUp.run();
  assert.deepEqual(await left(), { messages: 2, keys: 2, tries: 0 });
});

test('one statement removes at most as many as it is told to', async () => {
  const { poolId } = site.own.principal;
  site.clock.advance(DAY_SECONDS);
  const by = site.clock.now();
  await end('sent', 4);
  const remove = () => site.deps.courier.removeEnded(poolId, by, 3);
  assert.deepEqual([await remove(), await remove(), await remove()], [3, 2, 0]);
});

test('what waits for a transport is not removed', async () => {
  const { cleanUp } = site.startCourier({}, 'manage');
  site.clock.advance(365 * DAY_SECONDS);
  await cleanUp.run();
  assert.deepEqual(await left(), { messages: 1, keys: 1, tries: 0 });
});
