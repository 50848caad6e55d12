import assert from 'node:assert/strict';

/**
 * What `work` gives, which must be there before a timer of so many milliseconds that starts with it. A server of this
 * process that waits for a shorter one is late with it: a machine that is busy with something else holds up both.
 */
export async function inTime<Given>(milliseconds: number, work: () => Promise<Given>): Promise<Given> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
  }, milliseconds);
  const given = await work().finally(() => clearTimeout(timer));
  assert.ok(!isLate, `later than ${milliseconds} ms`);
  return given;
}
