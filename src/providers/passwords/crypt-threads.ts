import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InternalFault } from '../../core/errors.ts';
import type { CryptJob } from './crypt-computation.ts';

/** Beside the sources, or beside what was compiled of them. */
const WORKER = new URL(`./crypt-worker${extname(import.meta.url)}`, import.meta.url);

interface Thread {
  readonly worker: Worker;
  settle: { resolve(result: string): void; reject(error: Error): void } | null;
}

/**
 * Computes hashes of crypt(3), for which the runtime has nothing that stays off the event loop. A thread starts when
 * there is no idle one, so the caller bounds their number; idle threads keep no process alive.
 */
export class CryptThreads {
  readonly #threads = new Set<Thread>();

  /** @throws InternalFault The thread ended, by `close` or by a fault. */
  compute(job: CryptJob): Promise<string> {
    const thread = [...this.#threads].find(({ settle }) => settle === null) ?? this.#start();
    return new Promise((resolve, reject) => {
      thread.settle = { resolve, reject };
      thread.worker.ref();
      thread.worker.postMessage(job);
    });
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    // Settings of the environment are not for a thread that sees strangers' passwords.
    const thread: Thread = { worker: new Worker(WORKER, { env: {} }), settle: null };
    this.#threads.add(thread);
    thread.worker.on('message', (result: string) => {
      thread.worker.unref();
      const { settle } = thread;
      thread.settle = null;
      settle?.resolve(result);
    });
    const end = (cause?: unknown): void => {
      this.#threads.delete(thread);
      thread.settle?.reject(new InternalFault('a thread that computes hashes ended', cause));
    };
    thread.worker.on('error', end);
    thread.worker.on('exit', () => end());
    return thread;
  }
}
