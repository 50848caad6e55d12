import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from './errors.ts';
import type { Account } from './run-as.ts';
import { accountFor, canEnter } from './run-as.ts';

/** Kept outside the data directory when its owner may not run PostgreSQL and PostgreSQL's user may not get in. */
export const SYSTEM_DIRECTORY = '/var/lib/selfsame';
const POINTER = 'postgres.location';
const ORIGIN = 'origin';
const CLUSTER = 'postgres';

export interface Place {
  /** The real path of the data directory. */
  readonly dataDir: string;
  /** Holds the cluster, its log and its socket; the data directory itself in most installations. */
  readonly home: string;
  readonly cluster: string;
  /** Where copies of programs go. */
  readonly copies: string;
  readonly account: Account;
}

/**
 * Decides where the cluster of a data directory lives and whose it is. Makes the data directory, but no cluster.
 *
 * @param note Told when the cluster lives elsewhere.
 * @throws EngineError The cluster that is there cannot be used by whoever we are.
 */
export async function findPlace(
  wanted: string,
  note: (text: string) => void,
  systemDirectory: string = SYSTEM_DIRECTORY,
): Promise<Place> {
  const root = process.getuid?.() === 0;
  // Root's must be passable, for PostgreSQL runs as another user; what is secret in it has its own mode.
  mkdirSync(resolve(wanted), { recursive: true, mode: root ? 0o711 : 0o700 });
  const dataDir = realpathSync(wanted);
  const pointed = readPointer(dataDir);
  if (pointed !== null) return elsewhere(dataDir, pointed, note, systemDirectory);

  const cluster = join(dataDir, CLUSTER);
  const exists = existsSync(join(cluster, 'PG_VERSION'));
  const account = accountFor(exists ? statSync(cluster) : null);
  if (exists && !account.switched) assertOwn(cluster, account);
  if (await canEnter(account, dataDir)) {
    return { dataDir, home: dataDir, cluster, copies: root ? systemDirectory : dataDir, account };
  }
  if (exists) {
    // Never a fresh, empty database beside one that is merely out of reach.
    throw new EngineError(
      `The database in ${cluster} belongs to uid ${account.uid}, who cannot enter ${dataDir}. ` +
        'Make every folder above it passable again (chmod o+x).',
    );
  }
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return elsewhere(dataDir, join(systemDirectory, `cluster-${name}`), note, systemDirectory);
}

function assertOwn(cluster: string, account: Account): void {
  const owner = statSync(cluster).uid;
  if (owner === account.uid) return;
  throw new EngineError(
    `The database in ${cluster} belongs to uid ${owner} and Selfsame runs as uid ${account.uid}. ` +
      'Start it as that user or as root, or give the folder to this user (chown -R).',
  );
}

function elsewhere(
  dataDir: string,
  home: string,
  note: (text: string) => void,
  systemDirectory: string,
): Place {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const origin = readText(join(home, ORIGIN));
  if (origin !== null && origin !== dataDir && readPointer(origin) === home) {
    throw new EngineError(
      `${dataDir} is a copy of ${origin}: its database is in ${home} and was not copied with it. ` +
        `Remove ${join(dataDir, POINTER)} to begin with an empty one.`,
    );
  }
  const cluster = join(home, CLUSTER);
  const account = accountFor(existsSync(cluster) ? statSync(cluster) : null);
  if (!account.switched) assertOwn(existsSync(cluster) ? cluster : home, account);
  writeFileSync(join(home, ORIGIN), `${dataDir}\n`);
  writeFileSync(join(dataDir, POINTER), `${home}\n`);
  note(
    `The database is kept in ${home}: PostgreSQL runs as uid ${account.uid}, who cannot enter ${dataDir} ` +
      `(${join(dataDir, POINTER)} points there; back up both).`,
  );
  return { dataDir, home, cluster, copies: systemDirectory, account };
}

function readPointer(dataDir: string): string | null {
  const path = readText(join(dataDir, POINTER));
  if (path === null) return null;
  if (!path.startsWith('/') || !existsSync(dirname(path))) {
    throw new EngineError(`${join(dataDir, POINTER)} points to ${path}, which is not there.`);
  }
  return path;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
