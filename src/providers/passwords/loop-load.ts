import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Shares of the time in which the loop had something to do: above the first it is busy, until it falls below the second. */
const BUSY_ABOVE = 0.8;
const BUSY_UNTIL = 0.6;
/** A shorter time says nothing. */
const WINDOW_MS = 100;

/** The loop's time since the process began, in milliseconds. */
export type LoopTime = Pick<EventLoopUtilization, 'active' | 'idle'>;

/**
 * Tells whether the event loop has little rest. Whoever asks often gets an answer about the last tenth of a second; about
 * the time since the last question, where that was longer ago.
 */
export function createLoopLoad(
  read: () => LoopTime = () => performance.eventLoopUtilization(),
): () => boolean {
  let last = read();
  let isBusy = false;
  return () => {
    const now = read();
    const active = now.active - last.active;
    const whole = active + now.idle - last.idle;
    if (whole < WINDOW_MS) return isBusy;
    last = now;
    isBusy = active / whole > (isBusy ? BUSY_UNTIL : BUSY_ABOVE);
    return isBusy;
  };
}
