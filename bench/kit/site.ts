import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { type EmbeddedDatabase, startEmbedded } from '../../src/store/engines/embedded.ts';
import type { Database } from '../../src/store/postgres.ts';
import { connect } from '../../src/store/postgres.ts';
import type { SocketTarget } from '../../src/store/target.ts';
import { socketUrl } from '../../src/store/target.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import type { QuickstartFile } from '../../src/wiring/quickstart.ts';
import { type Product, runCommand, startProduct } from './processes.ts';

/** More than any machine answers in a minute: the limiter works, and never refuses. */
const REQUESTS_PER_MINUTE = 9_000_000;

/** The embedded PostgreSQL with its durable defaults, shared by everything that is compared. */
export interface Site extends AsyncDisposable {
  readonly database: EmbeddedDatabase;
  readonly directory: string;
}

/** A temporary directory that the database's own user may enter. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-bench-'));
  chmodSync(directory, 0o711);
  return directory;
}

export async function openSite(): Promise<Site> {
  const directory = makeDirectory();
  const database = await startEmbedded({ dataDir: join(directory, 'postgres') });
  return {
    database,
    directory,
    async [Symbol.asyncDispose]() {
      await database.stop();
      if (!process.env.BENCH_KEEP) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A product server over a database of its own on a site, with what is needed to call it and to look behind it. */
export interface Installation extends AsyncDisposable {
  readonly product: Product;
  readonly quickstart: QuickstartFile;
  readonly poolId: PoolId;
  /** A key without a limit that would be felt. */
  readonly key: string;
  readonly target: SocketTarget;
  /** What the product runs with: its defaults. */
  readonly config: Config;
  readonly db: Database;
  readonly deps: Deps;
  /** For commands beside the product. */
  readonly environment: Readonly<Record<string, string>>;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
}

/** @param name Of the database; made here. */
export async function install(
  site: Site,
  name: string,
  options: { nodeOptions?: readonly string[]; environment?: Readonly<Record<string, string>> } = {},
): Promise<Installation> {
  const admin = connect({
    target: site.database.adminTarget,
    maxConnections: 1,
    prepare: false,
    applicationName: 'bench',
    statementTimeoutMs: 0,
  });
  await admin.query({ text: `create database ${name} template template0`, parameters: [] });
  await admin.close();

  const target = { ...site.database.target, database: name };
  const dataDir = join(site.directory, name);
  const environment = { DATABASE_URL: socketUrl(target), SELFSAME_DATA_DIR: dataDir };
  const product = await startProduct({
    ...{ dataDir, ...options },
    environment: { ...environment, ...options.environment },
  });
  const quickstart: QuickstartFile = JSON.parse(readFileSync(join(dataDir, 'quickstart.json'), 'utf8'));
  const poolId = quickstart.live.app_id as PoolId;
  const wanted = ['--pool', poolId, '--grant', 'all', '--rate-limit', String(REQUESTS_PER_MINUTE), '--json'];
  const key: string = JSON.parse(await runCommand(['keys', 'create', ...wanted], environment)).secret;

  // Filling takes longer than any request may.
  const patient = { ...environment, SELFSAME_DATABASE_STATEMENT_TIMEOUT_SECONDS: '3600' };
  const { config } = loadConfig({ mode: 'start', environment: patient });
  const opened = await openDatabase(config);
  const { deps, places } = await wireCore(config, opened);
  return {
    ...{ product, quickstart, poolId, key, target, config, deps, environment, db: opened.db },
    async call(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${product.port}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      await product.stop();
      places.close();
      await opened.close();
    },
  };
}
