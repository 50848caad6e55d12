import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processesIn } from '../../src/store/engines/processes.ts';
import { SOCKET_PORT } from '../../src/store/engines/socket.ts';
import { connect, type Database } from '../../src/store/postgres.ts';
import type { QuickstartFile } from '../../src/wiring/quickstart.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/selfsame.mjs', import.meta.url));

/** A data directory and the processes that work on it; whatever is left of both is gone after the test. */
export interface Installation {
  readonly dataDir: string;
  /** `selfsame start`, on a free port. */
  start(environment?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** Any command; to be waited for. */
  run(words: readonly string[], environment?: Readonly<Record<string, string>>): CommandProcess;
}

/** @param t A test, or `{ after }` of a file: who waits for the end of it. */
export function createInstallation(t: { after(work: () => Promise<void>): void }): Installation {
  const path = mkdtempSync(join(tmpdir(), 'selfsame-process-'));
  // PostgreSQL, which runs as another user when we are root, passes through it.
  chmodSync(path, 0o711);
  const dataDir = join(path, 'data');
  const commands: CommandProcess[] = [];
  t.after(async () => {
    for (const { child } of commands) child.kill('SIGKILL');
    await Promise.all(commands.map(({ ended }) => ended));
    await clusterIsQuiet(join(dataDir, 'postgres'));
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  });
  const run: Installation['run'] = (words, environment = {}) => {
    const command = spawnCommand(words, { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0', ...environment });
    commands.push(command);
    return command;
  };
  return {
    dataDir,
    run,
    start: (environment = {}) =>
      serverOf(dataDir, run(['start'], { SELFSAME_SERVER_DRAIN_SECONDS: '2', ...environment })),
  };
}

/** Polls until `look` gives something. @throws Error Not within `seconds`. */
export async function poll<Found>(
  what: string,
  look: () => Promise<Found | null> | Found | null,
  seconds = 30,
): Promise<Found> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await delay(10);
  }
}

/** `selfsame <words>` as a process of its own. */
export interface CommandProcess {
  readonly child: ChildProcess;
  /** Everything written so far to standard output and standard error. */
  output(): string;
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function spawnCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): CommandProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SELFSAME_|DATABASE_URL|NODE_TEST)/.test(name),
  );
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  }
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', killWithUs);
      resolve(code ?? signal ?? 1);
    });
  });
  return { child, ended, output: () => pieces.join('') };
}

/** A quickstart that serves. */
export interface ServerProcess extends CommandProcess {
  readonly quickstart: QuickstartFile;
  /** Directory of the embedded database's cluster. */
  readonly cluster: string;
  /** The embedded database itself, for looking behind the API. The caller closes it. */
  connect(): Database;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** A machine that is busy with other tests takes its time. */
const START_SECONDS_MAX = 120;

/** Resolves once the server answers. @throws Error It ended instead; with what it said. */
async function serverOf(dataDir: string, command: CommandProcess): Promise<ServerProcess> {
  let end: number | NodeJS.Signals | null = null;
  void command.ended.then((how) => {
    end = how;
  });
  // The file of an earlier start names a port that is nobody's now; the printed address is this one's.
  const url = await poll(
    'the server starts',
    () => {
      if (end !== null) throw new Error(`the server ended with ${end}: ${command.output()}`);
      return /Selfsame is serving on (http:\S+)/.exec(command.output())?.[1] ?? null;
    },
    START_SECONDS_MAX,
  );
  const quickstart: QuickstartFile = JSON.parse(readFileSync(join(dataDir, 'quickstart.json'), 'utf8'));
  if (quickstart.url !== url) throw new Error(`quickstart.json says ${quickstart.url}, the server ${url}`);
  const cluster = join(dataDir, 'postgres');
  return {
    ...command,
    quickstart,
    cluster,
    connect() {
      const directory = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[4] ?? '';
      return connect({
        target: { host: directory, port: SOCKET_PORT, user: 'selfsame', database: 'selfsame' },
        maxConnections: 2,
        prepare: true,
        applicationName: 'selfsame-test',
        statementTimeoutMs: 20_000,
      });
    },
    async stop() {
      command.child.kill('SIGTERM');
      return command.ended;
    },
  };
}

/** Waits until no PostgreSQL works in the cluster any more. @throws Error One still does. */
export async function clusterIsQuiet(cluster: string, seconds = 20): Promise<void> {
  await poll(
    'PostgreSQL follows its server',
    () => (processesIn(cluster).length === 0 ? true : null),
    seconds,
  );
}
