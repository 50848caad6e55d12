/** One measured number; `bench/run.ts` prints it as a row. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What `value` is held against: the bare server, or the small pool. */
  readonly baseline?: number;
  /** Median of the ratios of pairs of rounds, which is not the ratio of the medians. */
  readonly ratio?: number;
  readonly target?: Target;
}

/** A bound on `ratio` where the figure has one, else on `value`. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

export interface BenchOptions {
  /** Shorter rounds and a smaller pool: to see that everything runs, not for figures. */
  readonly quick: boolean;
  readonly note: (line: string) => void;
}

/** One part of the benchmark: what a file of this folder exports as `run`. */
export type Run = (options: BenchOptions) => Promise<readonly Figure[]>;

/** Null where a figure has no target. */
export function isMet({ value, ratio, target }: Figure): boolean | null {
  if (target === undefined) return null;
  const measured = ratio ?? value;
  return 'atLeast' in target ? measured >= target.atLeast : measured <= target.atMost;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
