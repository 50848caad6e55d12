import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SocketTarget } from '../target.ts';
import { DATABASE } from './cluster.ts';
import { EngineError } from './errors.ts';
import { LOCK_FILE } from './lock.ts';
import { findPlace, type Place } from './place.ts';
import { isRunning } from './processes.ts';

/** A server that is starting, or recovering from a crash, is waited for this long. */
const READY_SECONDS = 30;
const POLL_MS = 20;

export interface AttachOptions {
  /** For tests only: where root keeps clusters. */
  readonly systemDirectory?: string;
  /** For tests only: how long a server that is not ready is waited for. */
  readonly readySeconds?: number;
}

/**
 * The database of a data directory that another live Selfsame process serves, for commands beside it. Nothing is
 * started, stopped or locked: the directory stays its holder's, and the database goes when the holder goes
 * (docs/decisions/0009).
 *
 * @returns Null when no live process holds the directory: then it is free to be started.
 * @throws EngineError It is held, but its database is out of this user's reach, or does not get ready.
 */
export async function attachEmbedded(
  dataDir: string,
  options: AttachOptions = {},
): Promise<SocketTarget | null> {
  if (!existsSync(dataDir)) return null;
  const place = await findPlace(dataDir, () => {}, options.systemDirectory);
  const holder = findHolder(place);
  if (holder === null) return null;
  const deadline = performance.now() + (options.readySeconds ?? READY_SECONDS) * 1000;
  while (performance.now() < deadline) {
    const target = readTarget(place);
    if (target !== null) return target;
    // It went while it was waited for: whoever asked may have the directory now.
    if (findHolder(place) === null) return null;
    await delay(POLL_MS);
  }
  throw new EngineError(
    `${place.dataDir} is in use by another Selfsame process (pid ${holder}), whose database is not ready. ` +
      'Try again, or stop that process first.',
  );
}

/** The live process that holds the directory, or the one where its cluster is kept. */
function findHolder({ dataDir, home }: Place): number | null {
  for (const directory of new Set([dataDir, home])) {
    const mark = readLock(join(directory, LOCK_FILE));
    if (mark !== null && isRunning(mark)) return mark.pid;
  }
  return null;
}

function readLock(path: string): { pid: number; started: string } | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8'));
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}

/** Where PostgreSQL itself says that it listens; null until it takes connections. */
function readTarget({ cluster, account }: Place): SocketTarget | null {
  const lines = readPidFile(cluster)?.split('\n');
  const [port, host, state] = [lines?.[3]?.trim(), lines?.[4]?.trim(), lines?.[7]?.trim()];
  if (state !== 'ready' || !host?.startsWith('/') || !/^\d+$/.test(port ?? '')) return null;
  // Only the cluster's owner can have made this directory; in /tmp somebody else could after a crash.
  const owner = lstatSync(host, { throwIfNoEntry: false });
  if (owner?.isDirectory() !== true || owner.uid !== account.uid || (owner.mode & 0o077) !== 0) return null;
  return { host, port: Number(port), user: DATABASE, database: DATABASE };
}

function readPidFile(cluster: string): string | null {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return null;
    throw new EngineError(
      `The database in ${cluster} is running, but this user may not reach it. Run the command as the user who ` +
        'started the server, or as root.',
      error,
    );
  }
}
