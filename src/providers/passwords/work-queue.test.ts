import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Busy } from '../../core/errors.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

const LIGHT = { memoryKib: 1024, milliseconds: 20 };
const HEAVY = { memoryKib: 1024 * 1024, milliseconds: 3000 };
const AMPLE = { waitingMax: 100, memoryKibMax: 2 * 1024 * 1024, isLoopBusy: () => false };

/** Work that ends when the test says so, and a record of what has begun. */
function createStage(options: Partial<WorkQueueOptions> & Pick<WorkQueueOptions, 'cores'>) {
  const queue = new WorkQueue({ ...AMPLE, ...options });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (name: string, work = LIGHT) =>
    queue.run(work, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string) => {
    ends.get(name)?.();
    await settled();
  };
  return { add, begun, end, settled };
}

test('no more runs at once than there are cores, and the rest begins in order of arrival', async () => {
  const { add, begun, end, settled } = createStage({ cores: 2 });
  for (const name of ['a', 'b', 'c', 'd']) void add(name);
  await settled();
  assert.deepEqual(begun, ['a', 'b']);
  await end('b');
  assert.deepEqual(begun, ['a', 'b', 'c']);
  await end('a');
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

test('a busy loop has a core for itself; with one core it shares that', async () => {
  const loop = { isBusy: true };
  const { add, begun, end, settled } = createStage({ cores: 3, isLoopBusy: () => loop.isBusy });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) void add(name);
  await settled();
  assert.deepEqual(begun, ['a', 'b']);
  await end('a');
  assert.deepEqual(begun, ['a', 'b', 'c']);
  loop.isBusy = false;
  await end('b');
  assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e']);
  loop.isBusy = true;
  await end('c');
  assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e']);
  await end('d');
  assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e', 'f']);

  const alone = createStage({ cores: 1, isLoopBusy: () => true });
  for (const name of ['a', 'b']) void alone.add(name);
  await alone.settled();
  assert.deepEqual(alone.begun, ['a']);
  await alone.end('a');
  assert.deepEqual(alone.begun, ['a', 'b']);
});

test('light work passes heavy work also beside a busy loop', async () => {
  for (const cores of [1, 2]) {
    const { add, begun, settled } = createStage({ cores, isLoopBusy: () => true });
    void add('heavy', HEAVY);
    for (const name of ['a', 'b']) void add(name);
    await settled();
    assert.deepEqual(begun, ['heavy', 'a']);
  }
});

test('a full queue refuses, and says when to come again', async () => {
  const { add, begun, end, settled } = createStage({ cores: 1, waitingMax: 2 });
  for (const name of ['a', 'b', 'c']) void add(name);
  await settled();
  await assert.rejects(add('d'), (error) => error instanceof Busy && error.retryAfterSeconds === 1);
  await end('a');
  void add('e');
  await end('b');
  await end('c');
  assert.deepEqual(begun, ['a', 'b', 'c', 'e']);
});

test('heavy work runs one at a time, and light work passes what waits for it', async () => {
  const { add, begun, end, settled } = createStage({ cores: 2 });
  void add('heavy 1', HEAVY);
  void add('heavy 2', HEAVY);
  void add('light');
  await settled();
  assert.deepEqual(begun, ['heavy 1', 'light']);
  await end('heavy 1');
  assert.deepEqual(begun, ['heavy 1', 'light', 'heavy 2']);
});

test('on one core a login does not wait for an expensive import', async () => {
  const { add, begun, settled } = createStage({ cores: 1 });
  void add('heavy', HEAVY);
  void add('light');
  await settled();
  assert.deepEqual(begun, ['heavy', 'light']);
});

test('heavy work cannot fill the queue', async () => {
  const { add } = createStage({ cores: 1, waitingMax: 16 });
  for (const name of ['running', 'waiting 1', 'waiting 2']) void add(name, HEAVY);
  await assert.rejects(add('too many', HEAVY), Busy);
  void add('light');
});

test('what does not fit into the memory waits, and is not passed', async () => {
  const { add, begun, end, settled } = createStage({ cores: 3, memoryKibMax: 1024 * 1024 });
  void add('small');
  void add('large', HEAVY);
  void add('later');
  await settled();
  assert.deepEqual(begun, ['small']);
  await end('small');
  assert.deepEqual(begun, ['small', 'large']);
  await end('large');
  assert.deepEqual(begun, ['small', 'large', 'later']);
});

test('work that fails gives its place back', async () => {
  const queue = new WorkQueue({ ...AMPLE, cores: 1, waitingMax: 1, memoryKibMax: 2048 });
  await assert.rejects(
    queue.run(LIGHT, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(await queue.run(LIGHT, async () => 'next'), 'next');
});
