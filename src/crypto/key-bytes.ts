import type { RandomBytes } from './data-key.ts';

const FETCH_BYTES = 4096;
const NONE = new Uint8Array();

/**
 * Random bytes for keys. Those of one turn share a fetch of 4 KB, since a fetch takes as long as encrypting a record; what is
 * left of it is wiped when the turn ends, so that no key lies in memory before it is wanted. What is given out is a copy, and
 * wiped where it came from: it is the caller's alone, to wipe as well.
 */
export function createKeyBytes(randomBytes: RandomBytes): RandomBytes {
  let left: Uint8Array = NONE;
  const fetch = (sizeBytes: number): void => {
    left.fill(0);
    const fetched = randomBytes(Math.max(sizeBytes, FETCH_BYTES));
    left = fetched;
    queueMicrotask(() => {
      fetched.fill(0);
      if (left.buffer === fetched.buffer) left = NONE;
    });
  };
  return (sizeBytes) => {
    if (left.length < sizeBytes) fetch(sizeBytes);
    const taken = left.subarray(0, sizeBytes);
    left = left.subarray(sizeBytes);
    const bytes = Uint8Array.from(taken);
    taken.fill(0);
    return bytes;
  };
}
