import type { Clock } from '../../src/core/ports.ts';

/** A clock that stands still until the test moves it. */
export class TestClock implements Clock {
  #ms: number;

  constructor(start: Date = new Date()) {
    this.#ms = start.getTime();
  }

  now(): Date {
    return new Date(this.#ms);
  }

  /** Seconds may be negative: clocks step back. */
  advance(seconds: number): void {
    this.#ms += Math.round(seconds * 1000);
  }
}
