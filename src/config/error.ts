import type { Fault } from './section.ts';

/** The settings cannot be used. The message has one line a fault, each with its key; no line holds a secret. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(
      ['The settings have faults:', ...faults.map(({ key, message }) => `  ${key}: ${message}`)].join('\n'),
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}
