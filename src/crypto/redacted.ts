import { inspect } from 'node:util';

/** What holds key material extends this: logged, inspected, interpolated or serialised, it says nothing. */
export abstract class Redacted {
  toJSON(): string {
    return '[redacted]';
  }

  toString(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
