import { createHash } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';

const TOKENS_MAX = 10_000;

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly untilMs: number;
}

/** What a provider said of tokens a short while ago, so that it is not asked for each request. */
export interface Recent<Value> {
  /**
   * What is remembered, or is being asked right now; else what `ask` gives, kept for `keptMs`. Failures are not kept.
   * @param ask Is given what was remembered and is too old, if anything.
   */
  of(token: string, ask: (old: Promise<Value> | null) => Promise<Value>, keptMs: number): Promise<Value>;
  forget(token: string): void;
}

/** Tokens are held as digests. */
export function createRecent<Value>(clock: Clock): Recent<Value> {
  const entries = new Map<string, Entry<Value>>();
  return {
    of(token, ask, keptMs) {
      const digest = digestOf(token);
      const nowMs = clock.now().getTime();
      const found = entries.get(digest);
      if (found !== undefined && nowMs < found.untilMs) return found.value;
      const entry = { value: ask(found?.value ?? null), untilMs: nowMs + keptMs };
      entries.delete(digest);
      entries.set(digest, entry);
      if (entries.size > TOKENS_MAX) entries.delete(entries.keys().next().value ?? digest);
      entry.value.catch(() => {
        if (entries.get(digest) === entry) entries.delete(digest);
      });
      return entry.value;
    },
    forget: (token) => void entries.delete(digestOf(token)),
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
