import type { Grant } from '../core/grants.ts';
import type { Environment } from '../core/ports.ts';
import type { SessionVerifier, VerifiedSession } from './ports.ts';

/** A valid API key, with `grant` or, when that is null, with any grants at all. */
export interface KeyGuard {
  readonly kind: 'key';
  readonly grant: Grant | null;
  /** Another grant that lets through as well. */
  readonly or?: Grant;
  /** To keys of the other environment there is no such route. */
  readonly only?: Environment;
}

/** Nobody is asked who they are. `because` is shown in the reference, so that no route is open by accident. */
export interface OpenGuard {
  readonly kind: 'open';
  readonly because: string;
}

/** A session of an identity of the pool that the request names. */
export interface SessionGuard<
  Session extends VerifiedSession = VerifiedSession,
  IsOptional extends boolean = boolean,
> {
  readonly kind: 'session';
  readonly verifier: SessionVerifier<Session>;
  /** Without a good session the handler runs all the same, and sees null. */
  readonly isOptional: IsOptional;
}

export type Guard = KeyGuard | OpenGuard | SessionGuard;

export function keyGuard(grant: Grant | null, or?: Grant): KeyGuard {
  return { kind: 'key', grant, ...(or === undefined ? {} : { or }) };
}

/** As `keyGuard`, for simulations: a live key finds no such route, whatever it sends. */
export function sandboxGuard(grant: Grant): KeyGuard {
  return { kind: 'key', grant, only: 'sandbox' };
}

export function openGuard(because: string): OpenGuard {
  return { kind: 'open', because };
}

/**
 * @param verifier What it tells of a session is what handlers see.
 * @param options.isOptional Default false: no session, and none that counts, is SessionRequired.
 */
export function sessionGuard<Session extends VerifiedSession, const IsOptional extends boolean = false>(
  verifier: SessionVerifier<Session>,
  options?: { readonly isOptional: IsOptional },
): SessionGuard<Session, IsOptional>;
export function sessionGuard(
  verifier: SessionVerifier,
  options: { readonly isOptional: boolean } = { isOptional: false },
): SessionGuard {
  return { kind: 'session', verifier, isOptional: options.isOptional };
}
