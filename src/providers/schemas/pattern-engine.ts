import { PatternsTooCostly } from '../../core/traits/errors.ts';
import { compilePattern } from '../../core/traits/pattern.ts';

/** Characters times states of patterns that one check may cost: some tenths of a second at worst. */
const STEPS_MAX = 2_000_000;
const STATES_MAX = 1_000;
const COUNTED = /\{(\d+)(?:,(\d*))?\}/g;

/** What Ajv takes for a regular expression. */
export interface Pattern {
  readonly test: (text: string) => boolean;
  readonly toString: () => string;
}

/**
 * The patterns of one compiled schema, matched in linear time, and all of them together within one allowance for each
 * check. A check runs to its end before another begins, so one counter is enough.
 */
export class PatternEngine {
  #stepsLeft = STEPS_MAX;

  begin(): void {
    this.#stepsLeft = STEPS_MAX;
  }

  /** @returns A pattern whose test throws `PatternsTooCostly` once the allowance is used up. */
  compile(source: string): Pattern {
    const regex = compilePattern(source);
    if ('problem' in regex) throw new SyntaxError(regex.problem);
    const states = statesAtMost(source);
    return {
      test: (text) => {
        this.#stepsLeft -= text.length * states;
        if (this.#stepsLeft < 0) throw new PatternsTooCostly();
        return regex.test(text);
      },
      // Ajv knows one pattern from another by this.
      toString: () => source,
    };
  }
}

/** States that a pattern's machine may have: its characters, each counted repetition written out. */
function statesAtMost(source: string): number {
  const counts = [...source.matchAll(COUNTED)].map(([, least, most]) =>
    Math.max(Number(least), Number(most ?? 0), 1),
  );
  return Math.min(
    STATES_MAX,
    counts.reduce((product, count) => product * count, source.length + 1),
  );
}
