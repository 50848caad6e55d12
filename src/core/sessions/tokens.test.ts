import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeToken } from './tokens.ts';

/** Gives these bytes, one a call, then zeros. */
function giving(...bytes: number[]) {
  return { bytes: (size: number) => Buffer.alloc(size, bytes.shift() ?? 0) };
}

test('of the bytes that are used each letter and digit has as many as any other', () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 248; byte += 1) {
    const [letter = ''] = makeToken(giving(byte), 'session').slice('ory_st_'.length);
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.equal(counts.size, 62);
  for (const [letter, count] of counts) assert.equal(count, 4, letter);
});

test('bytes that would make some letters likelier are passed over', () => {
  for (let byte = 248; byte < 256; byte += 1) {
    assert.equal(makeToken(giving(byte, 247), 'logout'), `ory_lo_${'9'.repeat(32)}`);
  }
});
