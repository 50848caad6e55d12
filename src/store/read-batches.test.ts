import assert from 'node:assert/strict';
import { it } from 'node:test';
import { batchReads } from './read-batches.ts';

interface Item {
  readonly id: string;
  readonly pool: string;
}

const sending = () => new Promise(setImmediate);

/** A reader whose statements stay under way until they are answered by hand. */
function manualReader() {
  const sent: { pool: string; ids: readonly string[]; answer: (items: Item[]) => void; fail: () => void }[] =
    [];
  const read = batchReads(
    (pool: string, ids: readonly string[]) =>
      new Promise<Item[]>((resolve, reject) => {
        sent.push({ pool, ids, answer: resolve, fail: () => reject(new Error('no database')) });
      }),
    (item: Item) => item.id,
  );
  const answer = (index: number): void => {
    const one = sent[index];
    one?.answer(one.ids.filter((id) => id !== 'missing').map((id) => ({ id, pool: one.pool })));
  };
  return { read, sent, answer };
}

it('sends a lone read at once, and those that come meanwhile as one statement', async () => {
  const { read, sent, answer } = manualReader();
  const first = [read('p', 'a'), read('p', 'b')];
  const later = [read('p', 'c'), read('p', 'missing'), read('p', 'c')];
  assert.deepEqual(
    sent.map(({ ids }) => ids),
    [['a'], ['b']],
  );
  answer(0);
  assert.deepEqual(await first[0], { id: 'a', pool: 'p' });
  await sending();
  assert.deepEqual(sent[2]?.ids, ['c', 'missing']);
  answer(2);
  assert.deepEqual(await Promise.all(later), [{ id: 'c', pool: 'p' }, null, { id: 'c', pool: 'p' }]);
  answer(1);
  assert.deepEqual(await first[1], { id: 'b', pool: 'p' });
});

it('never lets a read join a statement that is already under way', async () => {
  const { read, sent, answer } = manualReader();
  const before = read('p', 'a');
  const after = read('p', 'a');
  assert.deepEqual(
    sent.map(({ ids }) => ids),
    [['a'], ['a']],
  );
  answer(0);
  answer(1);
  await Promise.all([before, after]);
});

it('keeps pools apart: each has its own statements, and none waits for another', async () => {
  const { read, sent, answer } = manualReader();
  const reads = [read('p', 'a'), read('p', 'b'), read('p', 'c'), read('q', 'a')];
  assert.deepEqual(
    sent.map(({ pool, ids }) => [pool, ids]),
    [
      ['p', ['a']],
      ['p', ['b']],
      ['q', ['a']],
    ],
  );
  answer(2);
  assert.deepEqual(await reads[3], { id: 'a', pool: 'q' });
  answer(0);
  answer(1);
  await Promise.all(reads.slice(0, 2));
  await sending();
  answer(3);
  assert.deepEqual(await reads[2], { id: 'c', pool: 'p' });
});

it('fails the reads of a failed statement alone and goes on with the next', async () => {
  const { read, sent, answer } = manualReader();
  const [first, second, third] = [read('p', 'a'), read('p', 'b'), read('p', 'c')];
  sent[0]?.fail();
  await assert.rejects(first, /no database/);
  await sending();
  answer(1);
  answer(2);
  assert.deepEqual(await Promise.all([second, third]), [
    { id: 'b', pool: 'p' },
    { id: 'c', pool: 'p' },
  ]);
});

it('puts at most a hundred into one statement', async () => {
  const { read, sent, answer } = manualReader();
  const reads = Array.from({ length: 252 }, (_, index) => read('p', `id-${index}`));
  for (let index = 0; index < 5; index += 1) {
    answer(index);
    await sending();
  }
  assert.deepEqual(
    sent.map(({ ids }) => ids.length),
    [1, 1, 100, 100, 50],
  );
  assert.equal((await Promise.all(reads)).length, 252);
});
