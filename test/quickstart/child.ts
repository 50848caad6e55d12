import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/selfsame.mjs', import.meta.url));
const READY_SECONDS = 120;

export type Environment = Readonly<Record<string, string>>;

/** A directory that is gone after the test, and which PostgreSQL's user may pass through. */
export function scratch(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-child-'));
  chmodSync(directory, 0o755);
  t.after(() => {
    removeElsewhere(join(directory, 'data'));
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}

/** Under root the cluster may have been put elsewhere; the data directory says where. */
function removeElsewhere(dataDir: string): void {
  let place: string;
  try {
    place = readFileSync(join(dataDir, 'postgres.location'), 'utf8').trim();
  } catch {
    return;
  }
  if (/^\/var\/lib\/selfsame\/cluster-[0-9a-f]+$/.test(place))
    rmSync(place, { recursive: true, force: true });
}

/** Nothing of the test run's own settings reaches the child. */
function childEnvironment(settings: Environment): Record<string, string> {
  const { PATH = '', HOME = '/' } = process.env;
  return { PATH, HOME, NO_COLOR: '1', ...settings };
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
export function selfsame(settings: Environment, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: childEnvironment(settings), timeout: READY_SECONDS * 1000 };
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

export interface Child {
  readonly url: string;
  readonly pid: number;
  /** What it has written so far. */
  out(): string;
  /** Resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Starts `start` or `serve` and waits until it says where it serves. @throws Error It ended instead. */
export async function serveInChild(
  t: Pick<TestContext, 'after'>,
  settings: Environment,
  command: 'start' | 'serve' = 'start',
): Promise<Child> {
  const child = spawn(process.execPath, [PROGRAM, command], {
    env: childEnvironment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, out, err }));
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready:\n${out}\n${err}`)), READY_SECONDS * 1000);
    const look = (): void => {
      // `start` prints lines to paste after it; all of them are there once the last one is.
      const isWhole = command === 'serve' || out.includes('Pages in docs/surfaces go on from there.');
      const found = isWhole ? /erving on (http:\S+)/i.exec(command === 'serve' ? err : out)?.[1] : undefined;
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', (data: Buffer) => {
      out += data;
      look();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data;
      look();
    });
    void ended.then(({ code }) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code}:\n${out}\n${err}`));
    });
  });
  return {
    url,
    pid: child.pid ?? 0,
    out: () => out,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
