import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolTables } from '../../src/store/migration-files.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';

test('a fresh database has every table and is nobody else’s', async () => {
  const first = await freshDatabase();
  const second = await freshDatabase();
  const db = testConnection(first.url);
  try {
    assert.notEqual(first.name, second.name);
    const { rows } = await db.query<{ name: string }>({
      text: 'select table_name as name from information_schema.tables where table_schema = $1',
      parameters: ['public'],
    });
    const names = new Set(rows.map(({ name }) => name));
    for (const table of poolTables()) assert.ok(names.has(table), table);
  } finally {
    await db.close();
    await Promise.all([first.drop(), second.drop()]);
  }
});
