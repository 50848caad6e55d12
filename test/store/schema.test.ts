import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { poolTables } from '../../src/store/migration-files.ts';
import type { Database } from '../../src/store/postgres.ts';
import type { TestDatabase } from '../harness/postgres.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';
import { statementProblems } from '../harness/statements.ts';

// The rules of SQL.md over the schema as the migrations leave it.

let database: TestDatabase;
let db: Database;
before(async () => {
  database = await freshDatabase();
  db = testConnection(database.url, { onStatement: () => {} });
});
after(async () => {
  await db.close();
  await database.drop();
});

async function ask<Row>(text: string): Promise<Row[]> {
  return (await db.query<Row>({ text, parameters: [] })).rows;
}

const OURS = `c.relnamespace = 'public'::regnamespace and c.relname not like 'schema_migration%'`;
/** The group above pools (rule 3). */
const REFERENCE = [
  'installation',
  'accounts',
  'domains',
  'rulesets',
  'pools',
  'api_keys',
  'identify_origins',
];

test('every table is a pool’s or of the reference group', async () => {
  const tables = await ask<{ name: string }>(
    `select c.relname as name from pg_class c where ${OURS} and c.relkind in ('r', 'p') order by 1`,
  );
  const known = [...poolTables(), ...REFERENCE].sort();
  assert.deepEqual(tables.map(({ name }) => name).sort(), known);
});

test('every primary, unique and foreign key of a pool’s table starts with pool_id', async () => {
  const keys = await ask<{ table: string; name: string; type: string; first: string; other: string | null }>(
    `select c.relname as table, k.conname as name, k.contype::text as type, a.attname as first, f.attname as other
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
     left join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
     where ${OURS} and k.contype in ('p', 'u', 'f')`,
  );
  const tables = poolTables();
  const checked = new Set<string>();
  for (const { table, name, type, first, other } of keys.filter((key) => tables.has(key.table))) {
    assert.equal(first, 'pool_id', name);
    if (type === 'f') assert.equal(other, 'pool_id', name);
    if (type === 'p') checked.add(table);
  }
  assert.deepEqual(checked, new Set(tables), 'every table has a primary key');
});

test('no other unique index stands on a pool’s table', async () => {
  const indexes = await ask<{ table: string; name: string }>(
    `select c.relname as table, i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid
     join pg_class c on c.oid = x.indrelid
     where ${OURS} and x.indisunique and not exists (select 1 from pg_constraint k where k.conindid = x.indexrelid)`,
  );
  const tables = poolTables();
  assert.deepEqual(
    indexes.filter(({ table }) => tables.has(table)),
    [],
  );
});

test('every index of a pool’s table starts with pool_id', async () => {
  const indexes = await ask<{ table: string; name: string; first: string | null }>(
    `select c.relname as table, i.relname as name, a.attname as first from pg_index x
     join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
     left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0] where ${OURS}`,
  );
  const tables = poolTables();
  // Inverted: its entries are keyed by pool themselves (docs/decisions/0011).
  const inverted = ['search_grams_grams'];
  for (const { name, first } of indexes.filter(({ table }) => tables.has(table)))
    assert.equal(first, inverted.includes(name) ? 'grams' : 'pool_id', name);
});

test('pool_id is a uuid that is never null, in every pool’s table', async () => {
  const columns = await ask<{ table: string; type: string; required: boolean }>(
    `select c.relname as table, a.atttypid::regtype::text as type, a.attnotnull as required
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where ${OURS} and c.relkind in ('r', 'p') and a.attname = 'pool_id'`,
  );
  const tables = poolTables();
  const own = columns.filter(({ table }) => tables.has(table));
  assert.deepEqual(new Set(own.map(({ table }) => table)), new Set(tables));
  for (const { table, type, required } of own) assert.deepEqual([type, required], ['uuid', true], table);
});

test('foreign keys cascade or do nothing', async () => {
  const keys = await ask<{ name: string; rules: string }>(
    `select k.conname as name, k.confdeltype::text || k.confupdtype::text as rules
     from pg_constraint k join pg_class c on c.oid = k.conrelid where ${OURS} and k.contype = 'f'`,
  );
  for (const { name, rules } of keys) assert.match(rules, /^[ca][ca]$/, name);
});

test('nothing runs by itself: no trigger, rule, policy, function or sequence; defaults are constants', async () => {
  const found = await ask<{ kind: string; name: string }>(
    `select 'trigger' as kind, t.tgname::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
       where ${OURS} and not t.tgisinternal
     union all select 'rule', r.rulename::text from pg_rewrite r join pg_class c on c.oid = r.ev_class where ${OURS}
     union all select 'policy', p.polname::text from pg_policy p join pg_class c on c.oid = p.polrelid where ${OURS}
     union all select 'function', f.proname::text from pg_proc f where f.pronamespace = 'public'::regnamespace
     union all select 'sequence', c.relname::text from pg_class c where ${OURS} and c.relkind = 'S'`,
  );
  assert.deepEqual(found, []);
  const defaults = await ask<{ name: string; text: string }>(
    `select c.relname || '.' || a.attname as name, pg_get_expr(d.adbin, d.adrelid) as text
     from pg_attrdef d join pg_class c on c.oid = d.adrelid
     join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where ${OURS} and a.attgenerated = ''`,
  );
  assert.notEqual(defaults.length, 0);
  for (const { name, text } of defaults) assert.match(text, /^(\d+|true|false|'[^']*'::\w+)$/, name);
});

test('the check of recorded statements finds one that is not bound to its pool', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'statements-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const record = (file: string, ...texts: string[]) =>
    writeFileSync(join(directory, file), texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  record('1.jsonl', 'select 1', 'select id from identities where pool_id = $1 and id = $2');
  assert.deepEqual(statementProblems(directory), []);
  const loose =
    'select i.id from identities i join identity_keys k on k.pool_id = i.pool_id where i.pool_id = $1';
  record('2.jsonl', loose, loose);
  const [problem, ...more] = statementProblems(directory);
  assert.match(problem ?? '', /identity_keys k/);
  assert.deepEqual(more, []);
});
