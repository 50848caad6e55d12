import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotFound, SealBroken } from '../errors.ts';
import { openAgain } from './open-again.ts';

test('what does not open is read again, a few times, and nothing else is', async () => {
  const failing = (error: Error, times: number) => {
    const calls = { n: 0 };
    const attempt = async () => {
      calls.n += 1;
      if (calls.n <= times) throw error;
      return 'opened';
    };
    return { calls, attempt };
  };
  assert.equal(await openAgain(failing(new SealBroken('moved'), 2).attempt), 'opened');
  const broken = failing(new SealBroken('broken'), 9);
  await assert.rejects(openAgain(broken.attempt), SealBroken);
  assert.equal(broken.calls.n, 3);
  const missing = failing(new NotFound(), 9);
  await assert.rejects(openAgain(missing.attempt), NotFound);
  assert.equal(missing.calls.n, 1);
});
