import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BareLoginJob } from './bare-login-server.ts';
import type { BareJob } from './bare-server.ts';
import type { HashJob } from './hash-runner.ts';
import type { Job, Outcome } from './load-generator.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = join(ROOT, 'bin/selfsame.mjs');
const READY_SECONDS_MAX = 60;
const POLL_MS = 5;

type Environment = Readonly<Record<string, string>>;

/** Settings of whoever runs the benchmark must not reach the server. */
function cleanEnvironment(more: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SELFSAME_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(inherited), ...more };
}

function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('a process of the benchmark ended'));
    child.once('exit', gone);
    child.once('message', (said: { outcome?: Answer; error?: string }) => {
      child.off('exit', gone);
      if (said.outcome === undefined) reject(new Error(said.error));
      else resolve(said.outcome);
    });
    child.send(question);
  });
}

/** The third process: sends requests and measures. */
export interface Load {
  run(job: Job): Promise<Outcome>;
  stop(): void;
}

export function startLoad(): Load {
  const child = fork(join(import.meta.dirname, 'load-generator.ts'));
  return { run: (job) => ask<Outcome>(child, job), stop: () => void child.kill() };
}

/** A process that does nothing but hash passwords. */
export interface Hashes {
  rate(job: HashJob): Promise<number>;
  stop(): void;
}

export function startHashes(): Hashes {
  const child = fork(join(import.meta.dirname, 'hash-runner.ts'));
  return { rate: (job) => ask<number>(child, job), stop: () => void child.kill() };
}

/** A server that is compared with. */
export interface Bare {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

export const startBare = (job: BareJob): Promise<Bare> => startServer('bare-server.ts', job);
export const startBareLogins = (job: BareLoginJob): Promise<Bare> => startServer('bare-login-server.ts', job);

async function startServer(file: string, job: object): Promise<Bare> {
  const child = fork(join(import.meta.dirname, file));
  const { port } = await ask<{ port: number }>(child, job);
  return { pid: child.pid ?? 0, port, stop: () => void child.kill() };
}

/** A product server as a user runs it: `selfsame start`, defaults throughout, log into a file. */
export interface Product {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process to the first 200 of `/health/ready`. */
  readonly readyMs: number;
  readonly log: string;
  stop(): Promise<void>;
}

/** @param options.nodeOptions For profiling: `--cpu-prof`. */
export async function startProduct(options: {
  dataDir: string;
  environment?: Environment;
  nodeOptions?: readonly string[];
}): Promise<Product> {
  const port = await freePort();
  const log = `${options.dataDir}.log`;
  const file = openSync(log, 'a');
  const began = performance.now();
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), COMMAND, 'start'], {
    cwd: ROOT,
    stdio: ['ignore', file, file],
    env: cleanEnvironment({
      SELFSAME_DATA_DIR: options.dataDir,
      SELFSAME_PORT: String(port),
      ...options.environment,
    }),
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let readyMs = 0;
  // On a first start the keys are written a moment after the server is ready.
  while (readyMs === 0 || !existsSync(join(options.dataDir, 'quickstart.json'))) {
    if (readyMs === 0 && (await isReady(port))) readyMs = performance.now() - began;
    const late = performance.now() - began > READY_SECONDS_MAX * 1000;
    if (child.exitCode !== null || late) {
      child.kill('SIGKILL');
      throw new Error(`the server does not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    await delay(POLL_MS);
  }
  return {
    pid: child.pid ?? 0,
    port,
    readyMs,
    log,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Runs `selfsame` to its end. @returns What it printed. */
export function runCommand(args: readonly string[], environment: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: cleanEnvironment(environment),
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
    child.once('exit', (code) =>
      code === 0 ? resolve(printed) : reject(new Error(`selfsame ${args.join(' ')}: exit code ${code}`)),
    );
  });
}

/** Resident memory of a process, in MB of 1024 × 1024 bytes. Linux only. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? Number.NaN) / 1024;
}
