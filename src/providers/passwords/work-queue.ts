import { Busy } from '../../core/errors.ts';
import type { Work } from './encoded.ts';

export interface WorkQueueOptions {
  /** Pieces of work that run at once. */
  readonly cores: number;
  /** Pieces that may wait; one more is refused. */
  readonly waitingMax: number;
  /** Of all pieces that run at once. One that needs more runs while nothing else does. */
  readonly memoryKibMax: number;
  /** Whether the event loop needs a core for itself. Then one piece fewer runs at once, but always one. */
  readonly isLoopBusy: () => boolean;
}

interface Waiting {
  readonly work: Work;
  readonly start: () => void;
}

/** What is above either bound is heavy: an imported hash of unusual cost, or a pool's own choice. */
const LIGHT: Work = { memoryKib: 64 * 1024, milliseconds: 400 };
/** The share of the waiting places that heavy work may take. */
const HEAVY_WAITING_SHARE = 1 / 8;

function isHeavy({ memoryKib, milliseconds }: Work): boolean {
  return memoryKib > LIGHT.memoryKib || milliseconds > LIGHT.milliseconds;
}

/**
 * Lets work begin in order of arrival, as cores and memory allow. Heavy work runs one piece at a time, so that it never
 * takes all cores, and light work passes it while it waits for its turn; on a single core, one light piece runs beside
 * it. Whatever waits for memory holds its place: nothing passes it, or it would wait for ever.
 *
 * The event loop is a thread as well. With a piece on every core, each of them keeps it waiting for a tick of the system's
 * clock now and then, and with it everybody whom it answers.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #heavyRunning = 0;
  #memoryKib = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** @throws Busy Nothing was begun. @throws Whatever `perform` throws. */
  async run<Result>(work: Work, perform: () => Promise<Result>): Promise<Result> {
    this.requireRoom(work);
    await new Promise<void>((start) => {
      this.#waiting.push({ work, start });
      this.#startWhatFits();
    });
    try {
      return await perform();
    } finally {
      this.#count(work, -1);
      this.#startWhatFits();
    }
  }

  /** @throws Busy As `run` would now. */
  requireRoom(work: Work): void {
    const { waitingMax } = this.#options;
    const heavyMax = Math.max(1, Math.floor(waitingMax * HEAVY_WAITING_SHARE));
    const heavy = this.#waiting.filter((one) => isHeavy(one.work)).length;
    if (this.#waiting.length >= waitingMax || (isHeavy(work) && heavy >= heavyMax))
      throw new Busy(this.#secondsToWait());
  }

  /** Until all that waits now will have begun, at least one. */
  #secondsToWait(): number {
    const milliseconds = this.#waiting.reduce((sum, { work }) => sum + work.milliseconds, 0);
    return Math.max(1, Math.ceil(milliseconds / this.#options.cores / 1000));
  }

  #startWhatFits(): void {
    let at = 0;
    while (at < this.#waiting.length && this.#hasFreeCore()) {
      const next = this.#waiting[at];
      if (next === undefined) return;
      if (isHeavy(next.work) && this.#heavyRunning > 0) {
        at += 1;
        continue;
      }
      if (!this.#hasMemoryFor(next.work)) return;
      this.#waiting.splice(at, 1);
      this.#count(next.work, 1);
      next.start();
    }
  }

  #hasFreeCore(): boolean {
    const { cores, isLoopBusy } = this.#options;
    const own = isLoopBusy() ? Math.max(1, cores - 1) : cores;
    return this.#running < Math.max(own, this.#heavyRunning + 1);
  }

  #hasMemoryFor({ memoryKib }: Work): boolean {
    return this.#memoryKib === 0 || this.#memoryKib + memoryKib <= this.#options.memoryKibMax;
  }

  #count(work: Work, by: 1 | -1): void {
    this.#running += by;
    this.#memoryKib += by * work.memoryKib;
    if (isHeavy(work)) this.#heavyRunning += by;
  }
}
