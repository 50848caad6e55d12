import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { equalInConstantTime } from './constant-time.ts';

it('says the same as a plain comparison', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      assert.equal(equalInConstantTime(left, right), Buffer.compare(left, right) === 0);
      assert.ok(equalInConstantTime(left, left.slice()));
    }),
  );
});
