import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from './errors.ts';
import type { Account } from './run-as.ts';
import { engineEnvironment, runAs } from './run-as.ts';
import { SOCKET_PORT } from './socket.ts';

export interface PostmasterOptions {
  readonly postgres: string;
  readonly cluster: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly account: Account;
  readonly extraSettings: Readonly<Record<string, string>>;
  /** Crash recovery of a large database takes its time. */
  readonly startSeconds: number;
  /** The server went away and nobody stopped it. */
  readonly onExit: (reason: string) => void;
}

export interface Postmaster {
  readonly pid: number;
  /** Fast shutdown; immediate after 30 seconds. Safe to call twice. */
  stop(): Promise<void>;
}

const FAST_SECONDS = 30;
const IMMEDIATE_SECONDS = 5;
const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Resolves once the server takes connections. @throws EngineError with the end of its log. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const child = launch(options);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => resolve(error.message));
  });
  let gone: string | null = null;
  let stopping = false;
  let ready = false;
  void exited.then((reason) => {
    gone = reason;
    if (ready && !stopping) options.onExit(`PostgreSQL ended by itself: ${reason}; see ${options.logFile}`);
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.ref();
    for (const [signal, seconds] of [
      ['SIGINT', FAST_SECONDS],
      ['SIGQUIT', IMMEDIATE_SECONDS],
      ['SIGKILL', IMMEDIATE_SECONDS],
    ] as const) {
      if (gone !== null) return;
      child.kill(signal);
      await Promise.race([exited, delay(seconds * 1000, undefined, { ref: false })]);
    }
  };
  const deadline = performance.now() + options.startSeconds * 1000;
  while (!isReady(options.cluster, child.pid)) {
    if (gone !== null) throw failed(options.logFile, `ended with ${gone}`);
    if (performance.now() > deadline) {
      await stop();
      throw failed(options.logFile, `was not ready within ${options.startSeconds} seconds`);
    }
    await delay(5);
  }
  ready = true;
  // The kernel ends the server with us; it must not keep us alive.
  child.unref();
  return { pid: child.pid ?? 0, stop };
}

function launch(options: PostmasterOptions): ChildProcess {
  const settings = {
    // Until it has statistics of a new table, the planner takes any index of a pool's for as good as its primary key. They
    // come soon after the first rows then, not a minute later.
    autovacuum_naptime: '10s',
    listen_addresses: '',
    unix_socket_directories: options.socketDirectory,
    unix_socket_permissions: '0700',
    port: String(SOCKET_PORT),
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Details of an error repeat the values that it is about.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...options.extraSettings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = { program: options.postgres, args: ['-D', options.cluster, ...args] };
  const { program, args: all } = runAs(options.account, server, { dies: true });
  const log = openLog(options.logFile);
  try {
    // Its own process group: Ctrl-C in a terminal is for us, and must not end the database while we drain.
    return spawn(program, [...all], {
      cwd: '/',
      env: engineEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** Appends; a long log becomes `<name>.old`. */
function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(path, `${path}.old`);
  return openSync(path, 'a', 0o600);
}

/** PostgreSQL says so itself, in the eighth line of its pid file; asking by a connection would cost more. */
function isReady(cluster: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

function failed(logFile: string, what: string): EngineError {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
  return new EngineError(`PostgreSQL ${what}. The end of ${logFile}:\n${lines.join('\n')}`);
}
