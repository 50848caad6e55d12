import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Clock } from '../../core/ports.ts';

/** So many failures, one after the other, open it. */
const FAILURES_MAX = 5;
/** So long it stays open; then one request tries. */
const OPEN_MS = 10_000;
/** Of one provider of one pool: what hangs there is bounded, and nobody else waits for it. */
const IN_FLIGHT_MAX = 64;

/** A place among the requests that are under way; to be given back once. */
export interface Place {
  leave(outcome: 'answered' | 'failed'): void;
}

/**
 * Keeps requests away from a provider that does not answer, and bounds how many wait for one that answers slowly.
 * @see Contract identify 1: `provider_error` also when a circuit is open.
 */
export class Circuit {
  readonly #clock: Clock;
  #failures = 0;
  #openUntilMs = 0;
  #inFlight = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws ProviderError `provider_error`: it is open, or as many are under way as may be. */
  enter(): Place {
    const nowMs = this.#clock.now().getTime();
    if (this.#failures >= FAILURES_MAX) {
      if (nowMs < this.#openUntilMs) throw new ProviderError('provider_error', { detail: 'circuit open' });
      // This one tries; the others are kept away until it is back.
      this.#openUntilMs = nowMs + OPEN_MS;
    }
    if (this.#inFlight >= IN_FLIGHT_MAX)
      throw new ProviderError('provider_error', { detail: 'too many requests under way' });
    this.#inFlight += 1;
    return {
      leave: (outcome) => {
        this.#inFlight -= 1;
        if (outcome === 'answered') this.#failures = 0;
        else this.#fail();
      },
    };
  }

  #fail(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES_MAX) this.#openUntilMs = this.#clock.now().getTime() + OPEN_MS;
  }
}
