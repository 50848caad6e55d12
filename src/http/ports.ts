import type { KeyId, PoolId, Principal } from '../core/ports.ts';

/** A caller whose key was just checked, with what the key may spend. */
export interface VerifiedKey extends Principal {
  /** Requests a minute over all processes, a positive integer. */
  readonly requestsPerMinute: number;
}

/** Implemented by the core; the kit only carries the text of the key to it. */
export interface KeyVerifier {
  /**
   * @param text The key as sent, not yet looked at.
   * @param attempt.address The caller's normalised address (`clientAddress`).
   * @throws CredentialRejected Malformed, unknown, expired, suspended, revoked: all look alike.
   * @throws AddressNotAllowed The key is good, but not from this address.
   * @throws Unavailable The database does not answer.
   */
  verify(text: string, attempt: { address: string; now: Date }): Promise<VerifiedKey> | VerifiedKey;
}

/** Who spends a request, and how many that key has a minute. */
export interface RateSubject {
  readonly poolId: PoolId;
  readonly keyId: KeyId;
  readonly requestsPerMinute: number;
}

export interface RateLimiter {
  /**
   * Spends one request. Answers without a promise while the process still holds leased requests, which is
   * nearly always: the hot path must not wait for a turn of the event loop.
   * @throws RateLimited (also as a rejection) The key's minute is used up.
   * @throws Unavailable (as a rejection) The lease store does not answer.
   */
  spend(subject: RateSubject): Promise<void> | undefined;
}
