import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { MigrationError } from '../../src/store/migration-files.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import { serve } from '../../src/wiring/serving.ts';
import { startQuickstart } from '../../src/wiring.ts';
import { createInstallation } from '../harness/process.ts';
import { startServer, type TestServer } from '../harness/server.ts';

// A database whose past is not this version's: nothing starts on it, and what is wrong is said by its name.

const PASTS = {
  changed: {
    text: `update schema_migrations set sha256 = repeat('0', 64) where name = '0001_foundation'`,
    says: /0001_foundation .*was changed/,
  },
  missing: {
    text: `insert into schema_migrations (name, sha256, steps, steps_done) values ('0000_before', 'x', 1, 1)`,
    says: /0000_before .*missing/,
  },
};

function configOf(server: TestServer) {
  const environment = {
    DATABASE_URL: server.database.url,
    SELFSAME_DATA_DIR: server.dataDir,
    SELFSAME_PORT: '0',
  };
  return loadConfig({ mode: 'start', environment }).config;
}

async function schemaOf(server: TestServer): Promise<unknown> {
  return server.sql(
    `select c.relname, a.attname, a.atttypid::regtype::text from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and a.attnum > 0 order by 1, a.attnum`,
  );
}

for (const [what, { text, says }] of Object.entries(PASTS)) {
  test(`a ${what} past migration stops every start by its name, and nothing is touched`, async (t) => {
    await using server = await startServer();
    await server.sql(text);
    const before = [
      await schemaOf(server),
      await server.sql('select * from schema_migrations order by name'),
    ];
    const config = configOf(server);
    const isNamed = (error: unknown): boolean => {
      assert.ok(error instanceof MigrationError);
      assert.match(error.message, says);
      return true;
    };
    await assert.rejects(startQuickstart(config, { log: () => {} }), isNamed);
    const opened = await openDatabase(config);
    try {
      await assert.rejects(serve(config, opened), isNamed);
    } finally {
      await opened.close();
    }
    const command = createInstallation(t).run(['start'], {
      ...{ DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.dataDir },
    });
    assert.equal(await command.ended, 1);
    assert.match(command.output(), says);
    assert.doesNotMatch(command.output(), /\n\s+at /, 'an operator is not shown a stack');
    const after = [await schemaOf(server), await server.sql('select * from schema_migrations order by name')];
    assert.deepEqual(after, before);
  });
}

test('serve does not migrate: it names what is pending and ends with 1', async (t) => {
  await using server = await startServer();
  await server.sql(`update schema_migrations set steps_done = steps - 1 where name = '0001_foundation'`);
  const command = createInstallation(t).run(['serve'], {
    ...{ DATABASE_URL: server.database.url, SELFSAME_HOST: '127.0.0.1' },
    SELFSAME_ROOT_KEY_FILE: `${server.dataDir}/root.key`,
  });
  assert.equal(await command.ended, 1);
  assert.match(command.output(), /lacks 0001_foundation; run "selfsame migrate"/);
});

test('records of a newer version stop nothing', async () => {
  await using server = await startServer();
  await server.sql(
    `insert into schema_migrations (name, sha256, steps, steps_done) values ('9999_newer', 'x', 1, 1)`,
  );
  const running = await startQuickstart(configOf(server), {
    log: () => {},
    logDestination: { write: () => {} },
  });
  await running.close();
});
