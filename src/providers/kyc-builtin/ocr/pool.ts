import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ReadOutcome, ReadRequest, WorkerLimits, WorkerReply } from './messages.ts';

export interface OcrPoolOptions {
  /** At most as many as there are cores, which is also the default. */
  readonly workers?: number;
  /** Pictures that may wait; one more is turned away. */
  readonly queueMax?: number;
  /** Of one picture, from when a worker takes it; the worker's start counts too. */
  readonly timeLimitMs?: number;
  /** Of one worker, each of these: its JavaScript heap, its recogniser, and a picture while it is decoded. */
  readonly memoryMegabytesMax?: number;
}

/** The queue is full. The picture is fine: the case is to be tried again later. */
export class OcrPoolBusy extends Error {
  constructor() {
    super('too many pictures are waiting to be read');
  }
}

export class OcrPoolClosed extends Error {
  constructor() {
    super('the pool of readers is closed');
  }
}

/** The recogniser does not start: its packages are not there, or the memory limit is too small for it. */
export class OcrUnavailable extends Error {
  constructor() {
    super('the reader of pictures did not start');
  }
}

interface Job {
  readonly request: ReadRequest;
  readonly resolve: (outcome: ReadOutcome) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  worker: Worker | null;
  job: Job | null;
  timer: NodeJS.Timeout | null;
}

const QUEUE_MAX = 64;
const TIME_LIMIT_MS = 20_000;
const MEMORY_MEGABYTES_MAX = 512;

/** Beside the sources, or beside what was compiled of them. */
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Reads zones of pictures in threads of its own. A thread that exceeds its time or memory is ended and another one takes
 * its place, so that no file stalls or ends the process. Threads start with the first pictures and keep no process alive.
 */
export class OcrPool {
  readonly #slots: Slot[];
  readonly #queue: Job[] = [];
  readonly #queueMax: number;
  readonly #timeLimitMs: number;
  readonly #memoryMegabytesMax: number;
  #isClosed = false;

  constructor(options: OcrPoolOptions = {}) {
    const cores = availableParallelism();
    const count = Math.max(1, Math.min(options.workers ?? cores, cores));
    this.#slots = Array.from({ length: count }, () => ({ worker: null, job: null, timer: null }));
    this.#queueMax = options.queueMax ?? QUEUE_MAX;
    this.#timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
    this.#memoryMegabytesMax = options.memoryMegabytesMax ?? MEMORY_MEGABYTES_MAX;
  }

  get workers(): number {
    return this.#slots.length;
  }

  /**
   * @param file A file whose structure has been looked at (`inspectFile`); it is copied.
   * @throws OcrPoolBusy @throws OcrPoolClosed @throws OcrUnavailable
   */
  read(kind: 'jpeg' | 'png', file: Uint8Array): Promise<ReadOutcome> {
    if (this.#isClosed) return Promise.reject(new OcrPoolClosed());
    if (this.#queue.length >= this.#queueMax) return Promise.reject(new OcrPoolBusy());
    return new Promise((resolve, reject) => {
      this.#queue.push({ request: { kind, bytes: new Uint8Array(file) }, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; what waits or is being read is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.splice(0)) job.reject(new OcrPoolClosed());
    await Promise.all(
      this.#slots.map(async (slot) => {
        this.#release(slot)?.reject(new OcrPoolClosed());
        await slot.worker?.terminate();
        slot.worker = null;
      }),
    );
  }

  #next(): void {
    const slot = this.#slots.find(({ job }) => job === null);
    const job = slot === undefined ? undefined : this.#queue.shift();
    if (slot === undefined || job === undefined) return;
    slot.job = job;
    slot.worker ??= this.#startWorker(slot);
    slot.worker.ref();
    slot.timer = setTimeout(() => this.#abandon(slot, 'time'), this.#timeLimitMs);
    slot.worker.postMessage(job.request, [job.request.bytes.buffer]);
  }

  #startWorker(slot: Slot): Worker {
    const limits: WorkerLimits = { megabytesMax: this.#memoryMegabytesMax };
    const worker = new Worker(WORKER, {
      workerData: limits,
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMegabytesMax, maxYoungGenerationSizeMb: 64 },
      // A library's words are nobody's business, and hold what it read.
      stdout: true,
      stderr: true,
      // Settings of the environment are not for a thread that opens strangers' files.
      env: {},
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (reply: WorkerReply) => {
      if (slot.worker !== worker) return;
      worker.unref();
      const job = this.#release(slot);
      if (reply.kind === 'unavailable') {
        slot.worker = null;
        void worker.terminate();
        job?.reject(new OcrUnavailable());
      } else job?.resolve(reply);
      this.#next();
    });
    // Out of memory, or a fault of a library: the file's doing either way.
    worker.on('error', () => {
      if (slot.worker === worker) this.#abandon(slot, 'memory');
    });
    worker.on('exit', () => {
      if (slot.worker === worker) this.#abandon(slot, 'memory');
    });
    return worker;
  }

  #abandon(slot: Slot, reason: 'time' | 'memory'): void {
    const { worker } = slot;
    slot.worker = null;
    void worker?.terminate();
    this.#release(slot)?.resolve({ kind: 'unreadable', reason });
    this.#next();
  }

  #release(slot: Slot): Job | null {
    const { job, timer } = slot;
    if (timer !== null) clearTimeout(timer);
    slot.job = null;
    slot.timer = null;
    return job;
  }
}
