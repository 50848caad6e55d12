/** A job that runs again and again until it is stopped. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
  /** Runs until nothing is left to do, also of what runs have started; for whoever wants to see the end of it. */
  settled?(): Promise<void>;
}

/**
 * Runs jobs, each after a pause from the end of its last run, so that a slow run never overlaps the next. A run
 * that fails is reported and tried again at its next turn.
 *
 * @param options.isTimed False: a job runs only when it is told to; default true.
 * @returns Stops: waits for runs under way.
 */
export function startJobs(
  jobs: readonly Job[],
  onFault: (error: unknown, job: string) => void,
  { isTimed = true }: { isTimed?: boolean } = {},
): {
  stop(): Promise<void>;
  /** Runs a job now, after its present run, to its very end. @throws Whatever the run throws. */
  run(name: string): Promise<void>;
} {
  let stopped = false;
  const running = new Set<Promise<void>>();
  const timers = new Map<Job, NodeJS.Timeout>();
  const last = new Map<Job, Promise<void>>();
  const runAfterLast = (job: Job): Promise<void> => {
    const run = (last.get(job) ?? Promise.resolve()).then(() => job.run());
    last.set(
      job,
      run.catch(() => {}),
    );
    return run;
  };
  const schedule = (job: Job): void => {
    if (stopped) return;
    const timer = setTimeout(() => {
      const run: Promise<void> = runAfterLast(job)
        .catch((error: unknown) => onFault(error, job.name))
        .finally(() => {
          running.delete(run);
          schedule(job);
        });
      running.add(run);
    }, job.everyMs);
    // Jobs do not keep a process alive that has nothing else to do.
    timer.unref();
    timers.set(job, timer);
  };
  if (isTimed) for (const job of jobs) schedule(job);
  return {
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.allSettled(running);
    },
    async run(name) {
      const job = jobs.find((candidate) => candidate.name === name);
      if (job === undefined) throw new RangeError(`there is no job ${name}`);
      await runAfterLast(job);
      await job.settled?.();
    },
  };
}
