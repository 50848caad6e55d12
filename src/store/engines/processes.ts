import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Names one process for good: a pid is given out again, its start time is not. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks since boot (Linux) or the date that `ps` shows; compared for equality only. */
  readonly started: string;
}

/** @returns When the process started, or null when there is none, or only its unreaped remains. */
export function startOf(pid: number): string | null {
  try {
    // The command's name, in parentheses, may hold spaces and parentheses; state and start time come after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return process.platform === 'linux' ? null : startByPs(pid);
  }
}

function startByPs(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

export function markOf(pid: number): ProcessMark | null {
  const started = startOf(pid);
  return started === null ? null : { pid, started };
}

export function isRunning(mark: ProcessMark): boolean {
  return startOf(mark.pid) === mark.started;
}

/** The processes whose working directory is `directory` (a real path): PostgreSQL's all work in the cluster. */
export function processesIn(directory: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => workingDirectory(pid) === directory && startOf(Number(pid)) !== null)
    .map(Number);
}

function workingDirectory(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** False when there is no such process any more. @throws EPERM of another user's process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Polls until `condition` holds. @returns Whether it did within `seconds`. */
export async function waitUntil(condition: () => boolean, seconds: number): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
