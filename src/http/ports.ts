import type { IdentityId, KeyId, PoolId, Principal } from '../core/ports.ts';

/** A caller whose key was just checked, with what the key may spend. */
export interface VerifiedKey extends Principal {
  /** Requests a minute over all processes, a positive integer. */
  readonly requestsPerMinute: number;
}

export interface KeyAttempt {
  /** The caller's normalised address (`clientAddress`). */
  readonly address: string;
  readonly now: Date;
  /**
   * Called once the key itself is found good and before its address is looked at: whoever is refused for the address is
   * known by then, and a 401 is out of the question.
   */
  readonly onKey: (key: VerifiedKey) => void;
}

/** Implemented by the core; the kit only carries the text of the key to it. */
export interface KeyVerifier {
  /**
   * @param text The key as sent, not yet looked at.
   * @throws CredentialRejected Malformed, unknown, expired, suspended, revoked: all look alike.
   * @throws AddressNotAllowed The key is good, but not from this address.
   * @throws Unavailable The database does not answer.
   */
  verify(text: string, attempt: KeyAttempt): Promise<VerifiedKey> | VerifiedKey;
  /**
   * The key of an identity whose session was just checked.
   *
   * @throws NotPermitted It has none, or one that is expired, suspended or revoked: all look alike.
   * @throws AddressNotAllowed As `verify`. @throws Unavailable
   */
  verifyFor(
    owner: { readonly poolId: PoolId; readonly identityId: IdentityId },
    attempt: KeyAttempt,
  ): Promise<VerifiedKey> | VerifiedKey;
}

/** Who spends a request, and how many that key has a minute. */
export interface RateSubject {
  readonly poolId: PoolId;
  readonly keyId: KeyId;
  readonly requestsPerMinute: number;
}

/** How a key stands in its window. */
export interface RateStatus {
  /** Requests a window. */
  readonly limit: number;
  /**
   * Requests that are left as far as this process knows: other processes may have leased some since it last did,
   * and may hold some of what counts as used. Exact where there is one process.
   */
  readonly remaining: number;
  /** The window's end, Unix seconds. */
  readonly resetAtSeconds: number;
  /** At least 1. */
  readonly resetInSeconds: number;
  readonly windowSeconds: number;
}

export interface RateLimiter {
  /**
   * Spends one request. Answers without a promise while the process still holds leased requests, which is
   * nearly always: the hot path must not wait for a turn of the event loop.
   * @throws RateLimited (also as a rejection) The key's minute is used up.
   * @throws Unavailable (as a rejection) The lease store does not answer.
   */
  spend(subject: RateSubject): Promise<void> | undefined;
  /** Where the key stands now, from memory: asks nobody, spends nothing. */
  status(subject: RateSubject): RateStatus;
}

/** Says which pool a request without a key belongs to. What is no such pool is null, never an error. */
export interface PoolNamer {
  /** @param host A host name, lower case, without a port; as the client sent it. Only configured names count. */
  byHost(host: string): Promise<PoolId | null>;
  /** @param appId As the client sent it, percent-decoded. */
  byId(appId: string): Promise<PoolId | null>;
  /** Null where there is none. */
  defaultPool(): Promise<PoolId | null>;
}

/** What the kit knows of a session that was just checked; a verifier may tell its handlers more. */
export interface VerifiedSession {
  readonly sessionId: string;
  readonly identityId: IdentityId;
  readonly poolId: PoolId;
  /** Assurance level: how many kinds of proof the session rests on. */
  readonly aal: 'aal1' | 'aal2';
  readonly authenticatedAt: Date;
}

/** Implemented by the core; the kit only carries the text of the token to it. */
export interface SessionVerifier<Session extends VerifiedSession = VerifiedSession> {
  /**
   * @param request.token As sent, not yet looked at.
   * @returns Null for a token that is malformed, unknown, expired, revoked or of another pool: all look alike.
   * @throws Unavailable The database does not answer.
   */
  verify(request: { readonly poolId: PoolId; readonly token: string }): Promise<Session | null>;
}
