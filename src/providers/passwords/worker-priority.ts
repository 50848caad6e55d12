import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

const TASKS = '/proc/self/task';

/**
 * Has the runtime's threads, which hash passwords, give way to the one that answers requests and to the database: when
 * more logins come in than can be hashed, everything else goes on. They have all of the processor's time that nobody else
 * wants, and one part in seventy where everybody wants it. Linux alone knows threads by number; elsewhere they stay as
 * they are.
 *
 * @returns How many there are.
 */
export async function lowerWorkerPriority(): Promise<number> {
  // They begin with their first work, all of them: with this.
  const ids = await readdir(TASKS).catch(() => []);
  const workers = await Promise.all(
    ids.map(async (id) => ((await nameOf(id)) === 'libuv-worker' ? Number(id) : null)),
  );
  let count = 0;
  for (const id of workers) {
    if (id === null) continue;
    setPriority(id, constants.priority.PRIORITY_LOW);
    count += 1;
  }
  return count;
}

/** Null for a thread that has ended meanwhile. */
async function nameOf(id: string): Promise<string | null> {
  const name = await readFile(`${TASKS}/${id}/comm`, 'utf8').catch(() => null);
  return name?.trim() ?? null;
}
