import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLoopLoad } from './loop-load.ts';

/** A loop that is active and idle for as long as a test says. */
function createLoop() {
  const time = { active: 1000, idle: 9000 };
  const isBusy = createLoopLoad(() => ({ ...time }));
  return (active: number, idle: number): boolean => {
    time.active += active;
    time.idle += idle;
    return isBusy();
  };
}

test('a loop is busy once it has little rest, and until it has plenty', () => {
  const after = createLoop();
  assert.equal(after(50, 50), false);
  assert.equal(after(79, 21), false);
  assert.equal(after(81, 19), true);
  assert.equal(after(61, 39), true);
  assert.equal(after(59, 41), false);
  assert.equal(after(79, 21), false);
});

test('a moment is not enough to tell', () => {
  const after = createLoop();
  for (let count = 0; count < 9; count += 1) assert.equal(after(10, 0), false);
  assert.equal(after(10, 0), true);
  assert.equal(after(0, 60), true);
  assert.equal(after(0, 60), false);
});

test('the runtime’s own figures are understood', () => {
  assert.equal(typeof createLoopLoad()(), 'boolean');
});
