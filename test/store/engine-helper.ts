import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EnginePackage } from '../../src/store/engines/binaries.ts';
import { findPackage } from '../../src/store/engines/binaries.ts';
import type { EmbeddedDatabase } from '../../src/store/engines/embedded.ts';
import { startEmbedded } from '../../src/store/engines/embedded.ts';
import { connect } from '../../src/store/postgres.ts';
import type { Target } from '../../src/store/target.ts';

/** A directory that is gone after the test, and which others may pass through. */
export function scratch(t: TestContext, parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'engine-'));
  chmodSync(directory, 0o755);
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

let prototype: Promise<string> | undefined;

/**
 * A data directory whose cluster was made before; made once a file and copied, for initdb takes its time. Starts
 * that are about the making use an empty directory.
 */
export async function usedDataDir(t: TestContext, directory: string = scratch(t)): Promise<string> {
  prototype ??= makePrototype();
  const dataDir = join(directory, 'data');
  execFileSync('cp', ['-a', await prototype, dataDir]);
  return dataDir;
}

async function makePrototype(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  chmodSync(directory, 0o755);
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const server = await startEmbedded({ dataDir: join(directory, 'data') });
  await ask(server.target, 'create table kept as select 7 as n');
  await server.stop();
  return join(directory, 'data');
}

/** What a one-row, one-column query answers. */
export async function ask(target: Target, text: string): Promise<unknown> {
  const db = connect({
    target,
    maxConnections: 1,
    prepare: true,
    applicationName: 'engine-test',
    statementTimeoutMs: 5000,
  });
  try {
    const { rows } = await db.query<Record<string, unknown>>({ text, parameters: [] });
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await db.close();
  }
}

/** The platform's package as npm leaves it with `--ignore-scripts`: a copy without its symbolic links. */
export function unlinkedPackage(directory: string): EnginePackage {
  const found = findPackage();
  const native = join(directory, 'native');
  cpSync(found.directory, native, { recursive: true, verbatimSymlinks: true });
  for (const entry of readdirSync(join(native, 'lib'), { withFileTypes: true })) {
    if (entry.isSymbolicLink()) unlinkSync(join(native, 'lib', entry.name));
  }
  return { directory: native, version: found.version };
}

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** Whether another user may pass through every folder on the way to a file. */
function isOpen(path: string): boolean {
  const parent = dirname(path);
  return (statSync(path).mode & 0o001) !== 0 && (parent === path || isOpen(parent));
}

/**
 * Runtime, sources and PostgreSQL's programs where another user can run them: the checkout itself, or, where that
 * lies under a closed home, a copy of what a start needs.
 */
export function reachable(t: TestContext): { node: string; embedded: string; enginePackage: EnginePackage } {
  const found = findPackage();
  const here = join(CHECKOUT, 'src/store/engines/embedded.ts');
  if (isOpen(process.execPath) && isOpen(dirname(here)) && isOpen(found.directory)) {
    return { node: process.execPath, embedded: here, enginePackage: found };
  }
  const copy = scratch(t);
  const node = join(copy, 'node');
  cpSync(process.execPath, node);
  cpSync(join(CHECKOUT, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(CHECKOUT, 'package.json'), join(copy, 'package.json'));
  const native = join(copy, 'node_modules/engine/native');
  cpSync(found.directory, native, { recursive: true, verbatimSymlinks: true });
  const embedded = join(copy, 'src/store/engines/embedded.ts');
  return { node, embedded, enginePackage: { directory: native, version: found.version } };
}

export interface OtherProcess {
  readonly pid: number;
  /** The database's process. */
  readonly serverPid: number;
  readonly target: EmbeddedDatabase['target'];
  /** Resolves when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A Selfsame process of its own that has started the database of a directory. */
export async function startElsewhere(dataDir: string): Promise<OtherProcess> {
  const script = `
    import { startEmbedded } from ${JSON.stringify(new URL('../../src/store/engines/embedded.ts', import.meta.url).href)};
    const { pid, target } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ pid, target }));
    setInterval(() => {}, 60000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('exit', () => reject(new Error('the other process ended')));
  });
  const { pid: serverPid, target } = JSON.parse(line) as { pid: number; target: EmbeddedDatabase['target'] };
  return {
    pid: child.pid ?? 0,
    serverPid,
    target,
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
