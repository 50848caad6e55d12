import { join } from 'node:path';
import type { SocketTarget } from '../target.ts';
import { socketUrl } from '../target.ts';
import type { Binaries, EnginePackage } from './binaries.ts';
import { findPackage, foreignBinaries, packageBinaries } from './binaries.ts';
import { DATABASE, ensureCluster } from './cluster.ts';
import type { DirectoryLock } from './lock.ts';
import { lockDirectory } from './lock.ts';
import { stopOrphan } from './orphan.ts';
import type { Place } from './place.ts';
import { findPlace } from './place.ts';
import { startPostmaster } from './postmaster.ts';
import { makeSocketDirectory, removeSocketDirectory, SOCKET_PORT, sweepSocketDirectory } from './socket.ts';

export interface EmbeddedOptions {
  /** Made when it is not there. One live Selfsame process at a time. */
  readonly dataDir: string;
  /** SELFSAME_PG_BIN: a folder with `postgres` and `initdb`, version 15 or later. Default: the npm package's. */
  readonly binDir?: string;
  readonly log?: (message: string) => void;
  /** The server crashed, or somebody else stopped it. Called at most once, never after `stop`. */
  readonly onExit?: (reason: string) => void;
  /** For tests only: settings that would make an installation less durable. */
  readonly extraSettings?: Readonly<Record<string, string>>;
  /** For tests only: where root keeps copies, and which package is installed. */
  readonly systemDirectory?: string;
  readonly enginePackage?: EnginePackage;
}

export interface EmbeddedDatabase {
  /** The database as a URL that `connect` and psql understand. */
  readonly url: string;
  readonly target: SocketTarget;
  /** The maintenance database, for making and dropping others. */
  readonly adminTarget: SocketTarget;
  readonly pid: number;
  /** True when this start made the cluster. */
  readonly created: boolean;
  /** What whoever runs the server should know: where things went and why. */
  readonly notices: readonly string[];
  /** Fast shutdown, bounded; gives the data directory free. */
  stop(): Promise<void>;
}

const START_SECONDS = 300;

/**
 * Starts PostgreSQL in a data directory, as a child that dies with this process, on a unix socket only.
 *
 * @throws EngineError The directory is in use, the platform has no programs, the cluster is of another version, or
 *   the server does not start; each message says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const notices: string[] = [];
  const note = (text: string): void => {
    notices.push(text);
    options.log?.(text);
  };
  const place = await findPlace(options.dataDir, note, options.systemDirectory);
  const locks = lockAll(place);
  try {
    return await start(place, options, notices, note, locks);
  } catch (error) {
    release(locks);
    throw error;
  }
}

async function start(
  place: Place,
  options: EmbeddedOptions,
  notices: string[],
  note: (text: string) => void,
  locks: readonly DirectoryLock[],
): Promise<EmbeddedDatabase> {
  const { account, cluster, home } = place;
  const binaries = await findBinaries(place, options, note);
  sweepSocketDirectory(cluster, account);
  const orphan = await stopOrphan(cluster);
  if (orphan !== null) note(`A PostgreSQL left over from an earlier process (pid ${orphan}) was stopped.`);
  const created = await ensureCluster(cluster, binaries, account);
  const socketDirectory = makeSocketDirectory(home, account);
  const onExit = (reason: string): void => {
    release(locks);
    options.onExit?.(reason);
  };
  const server = await startPostmaster({
    ...{ postgres: binaries.postgres, cluster, socketDirectory, account, onExit },
    logFile: join(home, 'postgres.log'),
    extraSettings: options.extraSettings ?? {},
    startSeconds: START_SECONDS,
  }).catch((error: unknown) => {
    removeSocketDirectory(socketDirectory);
    throw error;
  });
  const target = { host: socketDirectory, port: SOCKET_PORT, user: DATABASE, database: DATABASE };
  return {
    url: socketUrl(target),
    target,
    adminTarget: { ...target, database: 'postgres' },
    pid: server.pid,
    created,
    notices,
    stop: async () => {
      await server.stop();
      removeSocketDirectory(socketDirectory);
      release(locks);
    },
  };
}

function findBinaries(
  place: Place,
  options: EmbeddedOptions,
  note: (text: string) => void,
): Promise<Binaries> {
  if (options.binDir !== undefined) return foreignBinaries(options.binDir, place.account);
  return packageBinaries(options.enginePackage ?? findPackage(), place.account, place.copies, note);
}

/** Also the cluster's home, where that is elsewhere: two data directories may point to one. */
function lockAll({ dataDir, home }: Place): DirectoryLock[] {
  const locks: DirectoryLock[] = [];
  try {
    for (const directory of new Set([dataDir, home])) locks.push(lockDirectory(directory));
    return locks;
  } catch (error) {
    release(locks);
    throw error;
  }
}

function release(locks: readonly DirectoryLock[]): void {
  for (const lock of locks) lock.release();
}
