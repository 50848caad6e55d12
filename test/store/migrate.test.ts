import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { checkMigrations, migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { MigrationError, readMigrations } from '../../src/store/migration-files.ts';
import type { Database } from '../../src/store/postgres.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';

async function setUp(
  t: TestContext,
  files: Record<string, string>,
): Promise<{ db: Database; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'migrations-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const database = await freshDatabase({ empty: true });
  const db = testConnection(database.url);
  t.after(async () => {
    await db.close();
    await database.drop();
    rmSync(directory, { recursive: true });
  });
  return { db, directory };
}

async function list(db: Database, text: string): Promise<unknown[]> {
  const { rows } = await db.query<{ value: unknown }>({ text, parameters: [] });
  return rows.map(({ value }) => value);
}

const FIRST = {
  '0001_first.sql': 'create table a (\n  id integer\n);\n\n-- Why.\ninsert into a values (1);\n',
};

test('migrations are applied in order, once', async (t) => {
  const { db, directory } = await setUp(t, {
    ...FIRST,
    '0002_second.sql': 'alter table a add column b text;\n',
  });
  assert.deepEqual(await pendingMigrations(db, directory), ['0001_first', '0002_second']);
  await assert.rejects(checkMigrations(db, directory), /lacks 0001_first, 0002_second/);
  assert.deepEqual(await migrate(db, { directory }), { applied: ['0001_first', '0002_second'] });
  assert.deepEqual(await migrate(db, { directory }), { applied: [] });
  await checkMigrations(db, directory);
  assert.deepEqual(await list(db, 'select id as value from a'), [1]);
});

test('a migration that was changed stops everything, by its name', async (t) => {
  const { db, directory } = await setUp(t, FIRST);
  await migrate(db, { directory });
  writeFileSync(join(directory, '0001_first.sql'), 'create table a (id bigint);\n');
  for (const attempt of [() => migrate(db, { directory }), () => checkMigrations(db, directory)]) {
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof MigrationError);
      assert.match(error.message, /0001_first.*changed/);
      return true;
    });
  }
});

test('a missing past migration stops everything; a newer version’s does not', async (t) => {
  const { db, directory } = await setUp(t, { ...FIRST, '0002_second.sql': 'create table b (id integer);\n' });
  await migrate(db, { directory });
  rmSync(join(directory, '0002_second.sql'));
  await checkMigrations(db, directory);
  writeFileSync(join(directory, '0003_third.sql'), 'create table c (id integer);\n');
  await assert.rejects(migrate(db, { directory }), /0002_second.*missing/);
});

test('a migration that comes before an applied one is refused', async (t) => {
  const { db, directory } = await setUp(t, { '0002_second.sql': 'create table b (id integer);\n' });
  await migrate(db, { directory });
  writeFileSync(join(directory, '0001_first.sql'), 'create table a (id integer);\n');
  await assert.rejects(migrate(db, { directory }), /0001_first comes before 0002_second/);
});

test('an interrupted migration goes on at its step', async (t) => {
  const text = 'create table a (id integer);\ninsert into a values (1);\ninsert into b values (2);\n';
  const { db, directory } = await setUp(t, { '0001_first.sql': text });
  await assert.rejects(migrate(db, { directory }), /0001_first, step 3: .*"b" does not exist/);
  assert.deepEqual(await list(db, 'select steps_done as value from schema_migrations'), [2]);
  assert.deepEqual(await pendingMigrations(db, directory), ['0001_first']);
  await db.query({ text: 'create table b (id integer)', parameters: [] });
  assert.deepEqual(await migrate(db, { directory }), { applied: ['0001_first'] });
  assert.deepEqual(await list(db, 'select id as value from a'), [1]);
});

test('an index is built concurrently under the lock, and over what an interrupted build left', async (t) => {
  const text = 'create table a (id integer);\ninsert into a values (1), (1);\n';
  const { db, directory } = await setUp(t, {
    '0001_first.sql': text,
    '0002_index.sql': 'create unique index concurrently a_id on a (id);\n',
  });
  await assert.rejects(migrate(db, { directory }), /0002_index, step 1/);
  const valid = "select indisvalid as value from pg_index where indexrelid = 'a_id'::regclass";
  assert.deepEqual(await list(db, valid), [false]);
  await db.query({ text: 'delete from a where ctid = (select min(ctid) from a)', parameters: [] });
  await migrate(db, { directory });
  assert.deepEqual(await list(db, valid), [true]);
});

test('of two processes one migrates, and the other waits and finds nothing to do', async (t) => {
  const { db, directory } = await setUp(t, {
    '0001_first.sql': 'create table a (id integer);\ninsert into a select 1 from pg_sleep(0.2);\n',
    '0002_second.sql': 'insert into a values (2);\n',
  });
  const results = await Promise.all([1, 2, 3].map(() => migrate(db, { directory })));
  assert.deepEqual(results.flatMap(({ applied }) => applied).sort(), ['0001_first', '0002_second']);
  assert.deepEqual(await list(db, 'select id as value from a order by id'), [1, 2]);
});

test('waiting for another migrator is bounded', async (t) => {
  const { db, directory } = await setUp(t, FIRST);
  await migrate(db, { directory });
  await db.transaction(async (holder) => {
    await holder.query({ text: 'select name from schema_migration_lock for update', parameters: [] });
    await assert.rejects(
      migrate(db, { directory, lockWaitSeconds: 1 }),
      /another process has been migrating/,
    );
  });
});

test('tables are given to a sharded server as they are made, and to no other', async (t) => {
  const files = {
    '0001_first.sql':
      'create table a (pool_id uuid);\n-- @distribute a\n\ncreate table r (id integer);\n-- @reference r\n',
  };
  const plain = await setUp(t, files);
  await migrate(plain.db, { directory: plain.directory });
  const sharded = await setUp(t, files);
  for (const text of [
    'create table calls (value text)',
    `create function create_distributed_table(t text, c text, colocate_with text) returns void language sql
       as $$ insert into calls values (t || ' by ' || c) $$`,
    `create function create_reference_table(t text) returns void language sql
       as $$ insert into calls values (t) $$`,
  ]) {
    await sharded.db.query({ text, parameters: [] });
  }
  await migrate(sharded.db, { directory: sharded.directory, distributed: true });
  assert.deepEqual(await list(sharded.db, 'select value from calls'), ['a by pool_id', 'r']);
});

test('files that are not understood are refused by name', async (t) => {
  const wrong: Record<string, RegExp> = {
    'create table a (id integer)': /no semicolon/,
    '-- @distrbute a': /is no hook/,
    'create index concurrently if not exists i on a (id);': /write "create index/,
    'create table a (\n-- @distribute a\n);': /inside a statement/,
  };
  for (const [text, problem] of Object.entries(wrong)) {
    const { directory } = await setUp(t, { '0001_first.sql': text });
    assert.throws(() => readMigrations(directory), problem);
  }
  const { directory } = await setUp(t, { 'first.sql': '' });
  assert.throws(() => readMigrations(directory), /first.sql/);
});
