import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EngineError } from './errors.ts';
import type { Account } from './run-as.ts';
import { runToEnd } from './run-as.ts';

/** The database, and the superuser who owns it; trusted, for only the socket's directory leads to them. */
export const DATABASE = 'selfsame';

/**
 * Makes the cluster with its database, whole or not at all.
 * @returns False when it was there already.
 * @throws EngineError Another major version made it.
 */
export async function ensureCluster(cluster: string, binaries: Binaries, account: Account): Promise<boolean> {
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    assertVersion(cluster, binaries);
    return false;
  }
  const draft = `${cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (account.switched) chownSync(draft, account.uid, account.gid);
  await runToEnd(account, {
    program: binaries.initdb,
    args: [
      ...['-D', draft, '-U', DATABASE, '--encoding=UTF8', '--locale=C', '--data-checksums'],
      ...['--auth-local=trust', '--auth-host=reject'],
    ],
  });
  await runToEnd(
    account,
    { program: binaries.postgres, args: ['--single', '-D', draft, 'postgres'] },
    { input: `create database ${DATABASE}\n` },
  );
  renameSync(draft, cluster);
  syncDirectory(dirname(cluster));
  return true;
}

function assertVersion(cluster: string, binaries: Binaries): void {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version === String(binaries.major)) return;
  throw new EngineError(
    `The database in ${cluster} was made by PostgreSQL ${version}, and these programs are PostgreSQL ` +
      `${binaries.major}. Point SELFSAME_PG_BIN at the programs of version ${version}, or move the data with ` +
      'pg_dump and pg_restore.',
  );
}

/** The rename itself must survive a power cut, as everything in the cluster does. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
