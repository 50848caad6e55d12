import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberList, once, packed } from './batch-columns.ts';

const numbers = (list: string) =>
  list === '{}'
    ? []
    : list
        .slice(1, -1)
        .split(',')
        .map((one) => (one === 'null' ? null : Number(one)));

test('each text goes once, and its place leads every row back to it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', '', 'c,d')), (texts) => {
      const [distinct, places] = once(texts);
      assert.equal(new Set(distinct).size, distinct.length);
      assert.deepEqual(
        numbers(places).map((place) => distinct[(place ?? 0) - 1]),
        texts,
      );
    }),
  );
});

test('boxes that go end to end are cut where each begins, and null stays null', () => {
  const box = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(fc.array(box), (boxes) => {
      const [all, starts, sizes] = packed(boxes);
      const [from, size] = [numbers(starts), numbers(sizes)];
      const cut = boxes.map((_, row) => {
        const [start, length] = [(from[row] ?? 0) - 1, size[row] ?? null];
        return length === null ? null : all.subarray(start, start + length);
      });
      assert.deepEqual(cut, boxes);
    }),
  );
});

test('a list of nothing is empty', () => {
  assert.equal(numberList([]), '{}');
});
