import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createKeyBytes } from './key-bytes.ts';

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

function opened() {
  const [fetched, copies]: [Buffer[], Buffer[]] = [[], []];
  const draw = createKeyBytes((size) => {
    const bytes = randomBytes(size);
    fetched.push(bytes);
    copies.push(Buffer.from(bytes));
    return bytes;
  });
  return { draw, fetched, copies };
}

test('keys of one turn share a fetch, and no byte of it is given out twice', () => {
  const { draw, copies } = opened();
  const drawn = Array.from({ length: 300 }, () => draw(36));
  const perFetch = Math.floor(4096 / 36);
  assert.equal(copies.length, Math.ceil(300 / perFetch));
  const expected = copies.flatMap((bytes) =>
    Array.from({ length: perFetch }, (_, index) => bytes.subarray(index * 36, index * 36 + 36)),
  );
  for (const [index, bytes] of drawn.entries()) assert.deepEqual(Buffer.from(bytes), expected[index]);
});

test('a key is wiped where it came from as soon as it is given out', () => {
  const { draw, fetched, copies } = opened();
  const bytes = draw(36);
  assert.ok(fetched[0] !== undefined && isWiped(fetched[0].subarray(0, 36)));
  assert.deepEqual(Buffer.from(bytes), copies[0]?.subarray(0, 36));
});

test('what is left is wiped when the turn ends; keys of before keep theirs, and the next turn fetches anew', async () => {
  const { draw, fetched, copies } = opened();
  const before = draw(36);
  await Promise.resolve();
  assert.ok(fetched[0] !== undefined && isWiped(fetched[0]));
  assert.deepEqual(Buffer.from(before), copies[0]?.subarray(0, 36));
  const after = draw(36);
  assert.equal(fetched.length, 2);
  assert.deepEqual(Buffer.from(after), copies[1]?.subarray(0, 36));
  assert.equal(isWiped(after), false);
});

test('a larger request than a fetch is fetched whole', () => {
  assert.equal(opened().draw(10_000).length, 10_000);
});
