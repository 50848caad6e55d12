import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from './errors.ts';
import { markOf, processesIn, signal, startOf, waitUntil } from './processes.ts';

const FAST_SECONDS = 20;
const IMMEDIATE_SECONDS = 5;

/**
 * Stops a server that outlived its Selfsame process (where the kernel could not take it along). The caller holds
 * the directory's lock, so whoever launched that server is dead. Only a process that verifiably works in this
 * cluster is touched. It is stopped and not adopted: only a child of ours dies with us and tells when it crashes.
 *
 * @returns The pid of what was stopped, or null.
 * @throws EngineError It does not stop.
 */
export async function stopOrphan(cluster: string): Promise<number | null> {
  if (!existsSync(cluster)) return null;
  const directory = realpathSync(cluster);
  const pid = readPid(directory);
  if (pid !== null && startOf(pid) !== null) {
    if (worksIn(pid, directory)) return stop(pid, directory);
    // The number belongs to somebody else now. PostgreSQL would take the file at its word and refuse to start; it
    // goes only when nothing at all works in the cluster, or a crashed server's last children would be overrun.
    if (processesIn(directory).length === 0) rmSync(join(directory, 'postmaster.pid'), { force: true });
  }
  // Children of a server that was killed notice within moments that it is gone.
  await waitUntil(() => processesIn(directory).length === 0, IMMEDIATE_SECONDS);
  return null;
}

async function stop(pid: number, directory: string): Promise<number> {
  const mark = markOf(pid);
  const gone = (): boolean => markOf(pid)?.started !== mark?.started && processesIn(directory).length === 0;
  try {
    signal(pid, 'SIGINT');
    if (await waitUntil(gone, FAST_SECONDS)) return pid;
    signal(pid, 'SIGQUIT');
    if (await waitUntil(gone, IMMEDIATE_SECONDS)) return pid;
  } catch (error) {
    throw new EngineError(
      `A PostgreSQL (pid ${pid}) still runs in ${directory} and cannot be stopped.`,
      error,
    );
  }
  throw new EngineError(`A PostgreSQL (pid ${pid}) still runs in ${directory} and does not stop.`);
}

function worksIn(pid: number, directory: string): boolean {
  if (process.platform === 'linux') return processesIn(directory).includes(pid);
  // Elsewhere the working directory of a process is not to be had; the second line of its file is the directory.
  return readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[1] === directory;
}

function readPid(directory: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, 'postmaster.pid'), 'utf8'), 10);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}
