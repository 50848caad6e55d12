import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { createRandomPool } from './random-pool.ts';

it('gives out every byte of its source at most once, in the sizes asked for', () => {
  const fetched: Uint8Array[] = [];
  const draw = createRandomPool((size) => {
    const bytes = randomBytes(size);
    fetched.push(bytes);
    return bytes;
  });
  const seen = new Set<string>();
  for (let round = 0; round < 2000; round += 1) {
    for (const size of [10, 12, 16]) {
      const bytes = draw(size);
      assert.equal(bytes.length, size);
      const text = Buffer.from(bytes).toString('hex');
      assert.ok(!seen.has(text));
      seen.add(text);
    }
  }
  const drawn = [...seen].reduce((sum, text) => sum + text.length / 2, 0);
  assert.ok(drawn <= fetched.reduce((sum, bytes) => sum + bytes.length, 0));
});

it('serves more at once than it keeps', () => {
  assert.equal(createRandomPool(randomBytes)(10_000).length, 10_000);
});
