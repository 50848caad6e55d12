import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../src/store/engines/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { ConnectOptions, Database } from '../../src/store/postgres.ts';
import { connect } from '../../src/store/postgres.ts';
import { withDatabase } from '../../src/store/target.ts';
import { recordStatement } from './statements.ts';

export const TEMPLATE = 'selfsame_template';

export interface TestDatabase {
  /** For `DATABASE_URL` and for `connect`. */
  readonly url: string;
  readonly name: string;
  /** Ends every connection to it. */
  drop(): Promise<void>;
}

/**
 * A database of its own for one test or one file. Under `test/run.mjs` it is a copy of the migrated template on the
 * run's server; a file run by plain `node --test` starts a server of its own, which dies with it.
 *
 * @param options.empty Without any table, for tests of migrations.
 */
export async function freshDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`;
  const template = options.empty === true ? 'template0' : TEMPLATE;
  // The files of a small template are copied in less time than a checkpoint of the default way takes.
  await administer(server, `create database ${name} template ${template} strategy file_copy`);
  return {
    url: withDatabase(server, name),
    name,
    drop: () => administer(server, `drop database if exists ${name} with (force)`),
  };
}

/** A connection with the settings that tests want, whose statements are checked at the end of the run. */
export function testConnection(url: string, changes: Partial<ConnectOptions> = {}): Database {
  return connect({
    target: url,
    maxConnections: 4,
    prepare: true,
    applicationName: 'selfsame-test',
    statementTimeoutMs: 10_000,
    onStatement: recordStatement,
    ...changes,
  });
}

/** The migrated database that others are copied from; made anew. Nobody may stay connected to it. */
export async function prepareTemplate(): Promise<void> {
  const server = await serverUrl();
  await administer(server, `drop database if exists ${TEMPLATE} with (force)`);
  await administer(server, `create database ${TEMPLATE} template template0`);
  const db = testConnection(withDatabase(server, TEMPLATE));
  try {
    await migrate(db);
  } finally {
    await db.close();
  }
}

/** The superuser's URL of the run's server. */
export async function serverUrl(): Promise<string> {
  own ??= process.env.SELFSAME_TEST_DATABASE_URL ?? startOwn();
  return own;
}

let own: string | Promise<string> | undefined;

async function startOwn(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-test-'));
  // PostgreSQL runs as another user when we are root.
  chmodSync(directory, 0o711);
  const extraSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const server = await startEmbedded({ dataDir: join(directory, 'data'), extraSettings });
  process.once('exit', () => {
    // Too late to wait for a shutdown; the kernel interrupts the server as we go.
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  process.env.SELFSAME_TEST_DATABASE_URL = server.url;
  own = server.url;
  await prepareTemplate();
  return server.url;
}

async function administer(server: string, text: string): Promise<void> {
  const db = connect({
    target: withDatabase(server, 'postgres'),
    maxConnections: 1,
    prepare: false,
    applicationName: 'selfsame-test-admin',
    statementTimeoutMs: 0,
  });
  try {
    await db.query({ text, parameters: [] });
  } finally {
    await db.close();
  }
}
