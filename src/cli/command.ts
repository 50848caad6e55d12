import type { Environment } from '../config/load.ts';
import type { Wiring } from './wiring-types.ts';

/** What a command ended with. 0: done. 1: it failed. 2: it was called wrongly, and nothing was done. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Everything outside that a command touches, so that tests can stand in for it. */
export interface Surroundings {
  readonly environment: Environment;
  /** Results. */
  out(line: string): void;
  /** Progress and complaints. */
  err(line: string): void;
  /**
   * On a terminal: a line that the next one replaces, and that any other output follows on. Absent elsewhere.
   * @param text Null: clears it.
   */
  status?(text: string | null): void;
  /** Whether to use colours. */
  readonly colours: boolean;
  /** Loaded only when a command needs it: `--help` must not wait for it. */
  loadWiring(): Promise<Wiring>;
  now(): Date;
  /** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
  stopRequested(onReload: () => void): Promise<void>;
}

export interface Option {
  /** What follows the option in the help (`N`, `CIDR`, `[ID]` where it may be left out); none for a switch. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly prose: string;
}

export interface Arguments {
  /**
   * The option's value, the last one when it came more than once; null when it was not given, empty when its value was
   * left out.
   */
  option(name: string): string | null;
  /** All values of a repeatable option. */
  all(name: string): readonly string[];
  isSet(name: string): boolean;
  readonly positionals: readonly string[];
}

export interface Command {
  /** As typed: `keys create`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Arguments after the name, all of them needed: `<key id>`. */
  readonly positionals?: readonly string[];
  /** `--help` is everybody's and not listed. */
  readonly options: Readonly<Record<string, Option>>;
  /** Further lines for `--help`. */
  readonly help: readonly string[];
  /** @throws UsageError | ConfigError | anything else: `main.ts` reports them. */
  run(args: Arguments, surroundings: Surroundings): Promise<ExitCode>;
}

/** The command line does not make sense; nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
