import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Unavailable } from '../../src/core/errors.ts';
import { isUniqueViolation, StoreError } from '../../src/store/errors.ts';
import { createQueryBuilder } from '../../src/store/kysely.ts';
import type { Database } from '../../src/store/postgres.ts';
import type { QueryResult, Session } from '../../src/store/session.ts';
import type { TestDatabase } from '../harness/postgres.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';

let database: TestDatabase;
let db: Database;
/** Ends other connections of the same database. */
let admin: Database;

before(async () => {
  database = await freshDatabase({ empty: true });
  db = testConnection(database.url);
  admin = testConnection(database.url, { maxConnections: 1 });
  await ask(db, 'create table things (id integer primary key, note text)');
});
after(async () => {
  await db.close();
  await admin.close();
  await database.drop();
});

function ask<Row = Record<string, unknown>>(
  session: Session,
  text: string,
  ...parameters: unknown[]
): Promise<QueryResult<Row>> {
  return session.query<Row>({ text, parameters });
}

async function one(session: Session, text: string, ...parameters: unknown[]): Promise<unknown> {
  const { rows } = await ask(session, text, ...parameters);
  return Object.values(rows[0] ?? {})[0];
}

/** Ends the connection that the session stands on, from outside, and waits until it is gone. */
async function cut(session: Session): Promise<void> {
  const pid = await one(session, 'select pg_backend_pid()');
  await ask(admin, 'select pg_terminate_backend($1, 5000)', pid);
}

test('every kind of value comes back as it was sent', async () => {
  const values: readonly (readonly [string, unknown])[] = [
    ['text', 'it’s "quoted" \\ {}'],
    ['int8', Number.MAX_SAFE_INTEGER],
    ['int4', -7],
    ['smallint', 3],
    ['float8', 0.1],
    ['boolean', true],
    ['boolean', false],
    ['bytea', Buffer.from([0, 255, 92])],
    ['bytea', Buffer.alloc(0)],
    ['timestamptz', new Date('2026-02-03T04:05:06.789Z')],
    ['uuid', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['text[]', ['a', '', 'NULL', 'a,b', '"{}\\', 'é']],
    ['text[]', []],
    ['text[]', ['a', null]],
    ['bytea[]', [Buffer.from([1]), Buffer.from([92, 34])]],
    ['uuid[]', ['01890a5d-ac96-774b-bcce-b302099a8057']],
    ['int4[]', [1, 2]],
    ['int8[]', [1, 2]],
    ['boolean[]', [true, false]],
    ['timestamptz[]', [new Date(0)]],
  ];
  for (const [type, value] of values) {
    for (const prepare of [true, false]) {
      const session = prepare ? db : admin;
      assert.deepEqual(await one(session, `select $1::${type} as value`, value), value, type);
      assert.equal(await one(session, `select $1::${type} as value`, null), null, type);
    }
  }
});

test('the first statement of a client may have an array of buffers', async () => {
  const fresh = testConnection(database.url);
  const value = [Buffer.from('a'), Buffer.from('b')];
  assert.deepEqual(await one(fresh, 'select array(select unnest($1::bytea[])) as value', value), value);
  await fresh.close();
});

test('json is sent as the text it is, and comes back parsed', async () => {
  assert.deepEqual(await one(db, 'select $1::jsonb as value', '{"a":["x",1]}'), { a: ['x', 1] });
  assert.equal(await one(db, 'select jsonb_typeof($1::jsonb) as value', '{}'), 'object');
  assert.equal(await one(db, 'select $1::jsonb as value', '"text"'), 'text');
});

test('an object or undefined as a parameter is refused without being shown', async () => {
  for (const value of [{ secret: 1 }, undefined, Symbol('secret')]) {
    await assert.rejects(one(db, 'select $1::text', value), (error) => {
      assert.ok(error instanceof StoreError);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('a statement has one prepared form, whatever is null in it', async () => {
  const single = testConnection(database.url, { maxConnections: 1 });
  const text = 'select $1::bytea as a, $2::timestamptz as b';
  await ask(single, text, null, new Date(0));
  await ask(single, text, Buffer.from('x'), null);
  assert.equal(
    await one(single, 'select count(*) from pg_prepared_statements where statement = $1', text),
    1,
  );
  await single.close();
});

test('errors say what failed and never a value', async () => {
  await ask(db, 'insert into things values ($1, $2)', 1, 'hush');
  const failures: readonly (readonly [string, string, unknown[]])[] = [
    ['23505', 'insert into things values ($1, $2)', [1, 'hush']],
    ['22P02', 'select $1::uuid', ['hush']],
    ['22P02', 'select $1::integer', ['hush']],
    ['42P01', 'select * from nowhere where note = $1', ['hush']],
  ];
  for (const [sqlState, text, parameters] of failures) {
    await assert.rejects(ask(db, text, ...parameters), (error) => {
      assert.ok(error instanceof StoreError);
      assert.equal(error.sqlState, sqlState);
      assert.equal(isUniqueViolation(error), sqlState === '23505');
      assert.equal(error.cause, undefined);
      const everything = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
      assert.doesNotMatch(everything.join(), /hush/);
      return true;
    });
  }
});

test('a transaction is all or nothing, and inside it there is only one', async () => {
  await assert.rejects(
    db.transaction(async (outer) => {
      await ask(outer, 'insert into things values (100)');
      await outer.transaction(async (inner) => {
        await ask(inner, 'insert into things values (101)');
        assert.equal(await one(inner, 'select count(*) from things where id in (100, 101)'), 2);
      });
      throw new Error('no');
    }),
    /^Error: no$/,
  );
  assert.equal(await one(db, 'select count(*) from things where id in (100, 101)'), 0);
});

test('a session is of no use after its transaction', async () => {
  const kept = await db.transaction(async (session) => session);
  await assert.rejects(ask(kept, 'select 1'), /already over/);
});

test('a serialization failure runs the whole closure again', async () => {
  let runs = 0;
  const value = await db.transaction(async (session) => {
    runs += 1;
    await ask(session, 'insert into things values (200)');
    if (runs < 3) await ask(session, "do $$ begin raise exception 'again' using errcode = '40001'; end $$");
    return runs;
  });
  assert.equal(value, 3);
  assert.equal(await one(db, 'select count(*) from things where id = 200'), 1);
});

test('a closure that hides a serialization failure is run again all the same', async () => {
  let runs = 0;
  await db.transaction(async (session) => {
    runs += 1;
    if (runs > 1) return;
    await ask(session, "do $$ begin raise exception 'again' using errcode = '40001'; end $$").catch(() => {});
  });
  assert.equal(runs, 2);
});

test('two transactions that lock crosswise both succeed', async () => {
  await ask(db, 'insert into things values (300, $1), (301, $1)', '');
  const meet = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const locks = [
    [300, 301],
    [301, 300],
  ].map(([first, second], index) =>
    db.transaction(async (session) => {
      await ask(session, 'update things set note = note || $2 where id = $1', first, 'x');
      meet[index]?.resolve();
      await Promise.all(meet.map(({ promise }) => promise));
      await ask(session, 'update things set note = note || $2 where id = $1', second, 'x');
    }),
  );
  await Promise.all(locks);
  assert.equal(await one(db, 'select min(note) from things where id in (300, 301)'), 'xx');
});

test('retries are bounded', async () => {
  let runs = 0;
  const failing = db.transaction(async (session) => {
    runs += 1;
    await ask(session, "do $$ begin raise exception 'again' using errcode = '40001'; end $$");
  });
  await assert.rejects(failing, Unavailable);
  assert.equal(runs, 6);
});

test('other failures are not retried', async () => {
  let runs = 0;
  const failing = db.transaction(async (session) => {
    runs += 1;
    await ask(session, 'select 1 / 0');
  });
  await assert.rejects(failing, StoreError);
  assert.equal(runs, 1);
});

test('a connection lost between two statements of a transaction is survived', async () => {
  let runs = 0;
  await db.transaction(async (session) => {
    runs += 1;
    await ask(session, 'insert into things values (400)');
    if (runs === 1) await cut(session);
    await ask(session, 'insert into things values (401)');
  });
  assert.equal(runs, 2);
  assert.equal(await one(db, 'select count(*) from things where id in (400, 401)'), 2);
});

test('a connection lost during a statement of a transaction is survived', async () => {
  let runs = 0;
  await db.transaction(async (session) => {
    runs += 1;
    await ask(session, 'insert into things values (500)');
    if (runs > 1) return;
    const pid = await one(session, 'select pg_backend_pid()');
    const waiting = assert.rejects(ask(session, 'select pg_sleep(30)'), Unavailable);
    await ask(admin, 'select pg_terminate_backend($1)', pid);
    await waiting;
  });
  assert.equal(runs, 2);
  assert.equal(await one(db, 'select count(*) from things where id = 500'), 1);
});

test('a connection lost before the closure ends is not taken for a commit', async () => {
  let runs = 0;
  await db.transaction(async (session) => {
    runs += 1;
    await ask(session, 'insert into things values (600)');
    if (runs === 1) await cut(session);
  });
  assert.equal(runs, 2);
  assert.equal(await one(db, 'select count(*) from things where id = 600'), 1);
});

test('a single statement that may have run is not sent twice', async () => {
  const single = testConnection(database.url, { maxConnections: 1 });
  const pid = await one(single, 'select pg_backend_pid()');
  const waiting = assert.rejects(ask(single, 'select pg_sleep(30)'), Unavailable);
  await ask(admin, 'select pg_terminate_backend($1)', pid);
  await waiting;
  assert.equal(await one(single, 'select 1'), 1);
  await single.close();
});

test('after every connection was cut under load, the next statements succeed', async () => {
  const busy = testConnection(database.url, { applicationName: 'cut-under-load' });
  for (let round = 0; round < 30; round += 1) {
    const load = Array.from({ length: 200 }, (_, index) =>
      one(busy, 'select $1::int4', index).catch(() => null),
    );
    await ask(
      admin,
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
      'cut-under-load',
    );
    await Promise.all(load);
    // A server's farewell may still be on its way to us: what meets it fails, at once, and what follows does not.
    let answered = 0;
    for (let tries = 0; answered < 8 && tries < 50; tries += 1) {
      const answers = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => one(busy, 'select $1::int4', n).catch(() => null));
      answered = (await Promise.all(answers)).filter((answer) => answer !== null).length;
    }
    assert.equal(answered, 8);
  }
  await busy.close();
});

test('under cut connections a transaction that says it is done is done, and once', async () => {
  const busy = testConnection(database.url, { applicationName: 'cut-transactions' });
  await ask(db, 'create table done (id integer, part integer)');
  const done = new Set<number>();
  const doubtful = new Set<number>();
  let stop = false;
  const killer = (async () => {
    while (!stop) {
      await ask(
        admin,
        `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = $1 order by random() limit 2`,
        'cut-transactions',
      );
    }
  })();
  const work = Array.from({ length: 300 }, (_, id) =>
    busy
      .transaction(async (session) => {
        await ask(session, 'insert into done values ($1, 1)', id);
        await ask(session, 'insert into done values ($1, 2)', id);
      })
      .then(() => done.add(id))
      .catch((error: unknown) => {
        assert.ok(error instanceof Unavailable, String(error));
        doubtful.add(id);
      }),
  );
  await Promise.all(work);
  stop = true;
  await killer;
  await busy.close();
  const { rows } = await ask<{ id: number; n: number }>(db, 'select id, count(*) as n from done group by id');
  assert.deepEqual(
    rows.filter(({ n }) => n !== 2),
    [],
  );
  const stored = new Set(rows.map(({ id }) => id));
  for (const id of done) assert.ok(stored.has(id), `transaction ${id} is lost`);
  for (const id of stored) assert.ok(done.has(id) || doubtful.has(id));
});

test('a server that is not there is Unavailable, also to ping', async () => {
  const nowhere = testConnection('postgres://x@localhost/x?host=/nowhere');
  await assert.rejects(one(nowhere, 'select 1'), Unavailable);
  await assert.rejects(nowhere.ping(), Unavailable);
  await assert.rejects(
    nowhere.transaction(async () => assert.fail('the closure ran')),
    Unavailable,
  );
  await nowhere.close();
});

test('a server that never answers does not hold ping', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as AddressInfo;
  const waiting = testConnection(`postgres://x:x@127.0.0.1:${port}/x`, { connectTimeoutSeconds: 3 });
  await assert.rejects(waiting.ping(), Unavailable);
  await waiting.close();
});

test('a statement over its time is Unavailable', async () => {
  const hasty = testConnection(database.url, { statementTimeoutMs: 20 });
  await assert.rejects(one(hasty, 'select pg_sleep(5)'), Unavailable);
  await hasty.close();
});

test('the hook sees every statement, also in transactions', async () => {
  const seen: string[] = [];
  const watched = testConnection(database.url, { onStatement: ({ text }) => seen.push(text) });
  await ask(watched, 'select 1');
  await watched.transaction((session) => ask(session, 'select 2'));
  assert.deepEqual(seen, ['select 1', 'select 2']);
  await watched.close();
});

test('a point read does not wait for connections that transactions hold', async () => {
  const maxConnections = 6;
  const busy = testConnection(database.url, { maxConnections });
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const holding = Array.from({ length: maxConnections }, () => busy.transaction(() => over));
  const order: string[] = [];
  const other = ask(busy, 'select 1').then(() => order.push('any statement'));
  const read = await busy.query<{ n: number }>({ text: 'select 1 as n', parameters: [], isPointRead: true });
  order.push('point read');
  end();
  await Promise.all([...holding, other]);
  assert.deepEqual([...read.rows], [{ n: 1 }]);
  assert.deepEqual(order, ['point read', 'any statement']);
  await busy.close();
});

test('the query builder speaks over a session, and leaves transactions to it', async () => {
  interface Tables {
    things: { id: number; note: string | null };
  }
  const builder = createQueryBuilder<Tables>(db);
  await builder.insertInto('things').values({ id: 700, note: 'n' }).execute();
  const updated = await builder
    .updateTable('things')
    .set({ note: 'm' })
    .where('id', '=', 700)
    .executeTakeFirst();
  assert.equal(updated.numUpdatedRows, 1n);
  const rows = await builder.selectFrom('things').selectAll().where('id', '=', 700).execute();
  assert.deepEqual(rows, [{ id: 700, note: 'm' }]);
  await assert.rejects(
    builder.transaction().execute(async () => {}),
    /Session.transaction/,
  );
  await db.transaction(async (session) => {
    await createQueryBuilder<Tables>(session).deleteFrom('things').where('id', '=', 700).execute();
  });
});

test('rows and parameters do not wait for a major collection once nobody uses them', async () => {
  const [bytes, rounds, reads] = [20_000, 10, 20];
  setFlagsFromString('--expose-gc');
  const collect: (options?: { type: 'minor' }) => void = runInNewContext('gc');
  const read = () =>
    ask(db, `select repeat('r', ${bytes}) as row, $1::text as parameter`, 'p'.repeat(bytes)).then(() => {});
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await read();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < reads; index += 1) await read();
    await turn();
    // What survives two of them is among the old.
    collect({ type: 'minor' });
    collect({ type: 'minor' });
  }
  const grown = process.memoryUsage().heapUsed - before;
  const passed = rounds * reads * 2 * bytes;
  assert.ok(grown < passed / 2, `of ${passed} bytes that were read or sent ${grown} are kept`);
});
