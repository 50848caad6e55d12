import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { it } from 'node:test';
import { lowerWorkerPriority } from './worker-priority.ts';

/** By name of the thread; `stat` has the niceness 17 fields behind it (proc(5)). */
function nicenessOf(name: string): number[] {
  return readdirSync('/proc/self/task').flatMap((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    return stat.slice(stat.indexOf('(') + 1, end) === name ? [Number(fields[16])] : [];
  });
}

it('threads that hash give way to the one that answers', { skip: platform() !== 'linux' }, async () => {
  const [before = 0] = nicenessOf('MainThread');
  const count = await lowerWorkerPriority();
  assert.ok(count > 0);
  assert.deepEqual(nicenessOf('libuv-worker'), Array(count).fill(19));
  assert.deepEqual(nicenessOf('MainThread'), [before]);
});

it('and do so once more without harm', async () => {
  assert.equal(await lowerWorkerPriority(), await lowerWorkerPriority());
});
