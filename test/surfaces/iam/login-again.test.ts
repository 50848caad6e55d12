import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { messagesOf, type NativeClient, nativeClient } from '../../harness/flows.ts';
import { type IamApi, newEmail, startIam } from '../../harness/iam.ts';
import { testConnection } from '../../harness/postgres.ts';
import { poll } from '../../harness/process.ts';
import type { Reply } from '../../harness/server.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';

/** Somebody who has logged in before: their next login is written as one statement. */
async function returning(): Promise<{ id: string; email: string }> {
  const email = newEmail();
  const credentials = { password: { config: { password: PASSWORD } } };
  const { id } = await api.create({ traits: { email }, credentials });
  await client.login(email, PASSWORD);
  api.clock.advance(60);
  return { id, email };
}

const login = (identifier: string, password = PASSWORD) =>
  client.run('login', { method: 'password', identifier, password });

const entriesOf = (id: string) =>
  api.server.sql<{ action: string; fields: string[] }>(
    'select action, fields from audit_entries where subject_id = $1::uuid order by id',
    [id],
  );
const sessionsOf = async (id: string) =>
  (await api.server.sql('select 1 from sessions where identity_id = $1::uuid', [id])).length;

test('it is noted as the first one was, and answered alike', async () => {
  const { id, email } = await returning();
  const before = (await entriesOf(id)).length;
  const { session } = await client.login(email, PASSWORD);
  const entries = (await entriesOf(id)).slice(before);
  assert.deepEqual(entries, [
    { action: 'identity.seen', fields: ['last_seen', 'login_history'] },
    { action: 'identity.session_started', fields: [] },
  ]);
  const events = await api.server.sql<{ type: string }>(
    'select type from outbox where subject_id = $1::uuid order by id desc limit 1',
    [id],
  );
  assert.equal(events[0]?.type, 'identity.seen');
  assert.equal(session.identity.id, id);
  assert.equal(await sessionsOf(id), 2);
  const { token } = await client.login(email, PASSWORD);
  assert.equal((await client.whoami(token)).body.identity.id, id);
});

test('fifty submits of one flow: one signs in', async () => {
  const { id, email } = await returning();
  const flow = await client.begin('login');
  const body = { method: 'password', identifier: email, password: PASSWORD };
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => client.submit('login', flow.body.id, body)),
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  assert.equal(await sessionsOf(id), 2);
});

test('failures before it are forgotten', async () => {
  const { email } = await returning();
  for (let turn = 0; turn < 3; turn += 1) {
    for (let count = 0; count < 4; count += 1) assert.equal((await login(email, 'wrong')).status, 400);
    assert.equal((await login(email)).status, 200);
  }
});

/** A native client's flow is stored when it is used up; one that began with a wish, as a browser's, from its beginning. */
const BEGINNINGS = { 'of a flow that is not stored yet': '', 'of a stored one': '?aal=aal1' };
for (const [which, query] of Object.entries(BEGINNINGS))
  suite(`what changes while the password is checked, ${which}`, () => {
    const loginBy = async (identifier: string, password: string) => {
      const flow = await client.begin('login', query);
      return client.submit('login', flow.body.id, { method: 'password', identifier, password });
    };

    interface Wait {
      /** Finds the row that is held, and changes it. */
      readonly hold: string;
      readonly change: string;
      readonly parameters: readonly unknown[];
      /** What the statement that waits for it has in its text; default the login's own. */
      readonly waiting?: string;
      readonly password?: string;
      readonly meanwhile?: () => void;
    }

    /** A login that finds a row held by another transaction, which changes it once the login waits for it. */
    async function whileItWaits(email: string, wait: Wait): Promise<Reply> {
      const { hold, change, parameters, waiting: text = 'allowed as (', password = PASSWORD } = wait;
      const other = testConnection(api.server.database.url, { maxConnections: 1, onStatement: () => {} });
      try {
        const held = await other.transaction(async (tx) => {
          assert.equal((await tx.query({ text: hold, parameters })).rows.length, 1);
          const reply = loginBy(email, password);
          await poll('the login waits for the row', async () => {
            const waiting = await api.server.sql(
              `select 1 from pg_stat_activity
               where datname = current_database() and wait_event_type = 'Lock' and query like '%' || $1::text || '%'`,
              [text],
            );
            return waiting.length > 0 ? true : null;
          });
          assert.equal((await tx.query({ text: change, parameters })).count, 1);
          wait.meanwhile?.();
          return { reply };
        });
        return await held.reply;
      } finally {
        await other.close();
      }
    }
    const HOLD = 'select id from identities where id = $1::uuid for update';

    const ofNewest = `where scope = 'identifier' and since = (select max(since) from lockouts where scope = 'identifier')`;
    const HOLD_FAILURES = `select 1 from lockouts ${ofNewest} for update`;
    const expire = () => api.clock.advance(3601);

    test('guesses at the same time lock it, though it is right', async () => {
      const { id, email } = await returning();
      assert.equal((await login(email, 'wrong')).status, 400);
      const change = `update lockouts set failures = 1000 ${ofNewest}`;
      const reply = await whileItWaits(email, { hold: HOLD_FAILURES, change, parameters: [] });
      assert.equal(reply.status, 429, reply.text);
      assert.equal(await sessionsOf(id), 1);
      assert.equal((await login(email)).status, 429);
    });

    test('the flow expires: nobody is signed in', async () => {
      const { id, email } = await returning();
      const change = 'update identities set version = version + 1 where id = $1::uuid';
      const reply = await whileItWaits(email, { hold: HOLD, change, parameters: [id], meanwhile: expire });
      assert.equal(reply.status, query === '' ? 410 : 409, reply.text);
      assert.equal(await sessionsOf(id), 1);
    });

    test('the flow expires, and the password is wrong', async () => {
      const { email } = await returning();
      assert.equal((await login(email, 'wrong')).status, 400);
      const reply = await whileItWaits(email, {
        hold: HOLD_FAILURES,
        change: `update lockouts set failures = failures ${ofNewest}`,
        ...{ parameters: [], waiting: 'insert into lockouts', password: 'wrong', meanwhile: expire },
      });
      assert.equal(reply.status, query === '' ? 410 : 400, reply.text);
    });

    test('a record that was changed is read again, and the login written once', async () => {
      const { id, email } = await returning();
      const change = 'update identities set version = version + 1 where id = $1::uuid';
      const reply = await whileItWaits(email, { hold: HOLD, change, parameters: [id] });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(await sessionsOf(id), 2);
    });

    test('whoever is blocked meanwhile is told so, and has no session', async () => {
      const { id, email } = await returning();
      const change = `update identities set version = version + 1, standing = standing || '{"blocked": true}'
                    where id = $1::uuid`;
      const reply = await whileItWaits(email, { hold: HOLD, change, parameters: [id] });
      assert.equal(reply.status, 400, reply.text);
      assert.deepEqual(messagesOf(reply.body), [4010011]);
      assert.equal(await sessionsOf(id), 1);
    });
  });
