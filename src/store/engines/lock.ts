import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from './errors.ts';
import type { ProcessMark } from './processes.ts';
import { isRunning, markOf } from './processes.ts';

export const LOCK_FILE = 'selfsame.pid';

export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a directory for this process. The file is linked into place with its content, so nobody ever reads half of
 * it, and names pid and start time, so a pid that was given out again does not count as its holder.
 *
 * @throws EngineError A live process holds the directory; the message names its pid.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, LOCK_FILE);
  const own = markOf(process.pid);
  if (own === null) throw new EngineError('the start time of this process cannot be read from /proc');
  const content = `${JSON.stringify(own)}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o644 });
  try {
    while (!tryLink(draft, path)) {
      const found = read(path);
      const holder = found === null ? null : parse(found);
      if (holder !== null && isRunning(holder)) throw inUse(directory, holder.pid);
      if (found !== null) clearStale(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(path) === content) rmSync(path, { force: true });
    },
  };
}

function inUse(directory: string, pid: number): EngineError {
  const who = pid === process.pid ? 'this process itself' : `another Selfsame process (pid ${pid})`;
  return new EngineError(
    `${directory} is in use by ${who}. Stop it first, or give this one another SELFSAME_DATA_DIR.`,
  );
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the dead holder's file away; if another starter was quicker and it was theirs, puts it back. */
function clearStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function parse(text: string): ProcessMark | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value))
      return null;
    const { pid, started } = value;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}
