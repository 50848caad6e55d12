import { chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Account } from './run-as.ts';

/** Names the socket file only; nothing listens on a network port. */
export const SOCKET_PORT = 5432;
const PRIVATE_PREFIX = 'selfsame-';
/** The kernel's room for a path, without its closing zero. */
const PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * A directory that only the account enters, for PostgreSQL's socket: `run` in the cluster's home or, when that path
 * is too long for a socket or has characters that PostgreSQL's setting would split at, a short one under /tmp.
 */
export function makeSocketDirectory(home: string, account: Account): string {
  const wanted = join(home, 'run');
  const fits = Buffer.byteLength(`${wanted}/.s.PGSQL.${SOCKET_PORT}`) <= PATH_BYTES_MAX;
  const directory =
    fits && /^[\w/.@+-]+$/.test(wanted) ? wanted : mkdtempSync(join(tmpdir(), PRIVATE_PREFIX));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (account.switched) chownSync(directory, account.uid, account.gid);
  return directory;
}

/** Removes a short directory; `run` stays. */
export function removeSocketDirectory(directory: string): void {
  if (dirname(directory) !== tmpdir() || !basename(directory).startsWith(PRIVATE_PREFIX)) return;
  rmSync(directory, { recursive: true, force: true });
}

/** The short directory of a server that was killed, found by what it left in its cluster. */
export function sweepSocketDirectory(cluster: string, account: Account): void {
  try {
    const directory = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[4];
    if (directory !== undefined && lstatSync(directory).uid === account.uid) removeSocketDirectory(directory);
  } catch {
    // No server was killed here, or its directory is gone already.
  }
}
