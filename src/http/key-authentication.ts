import type { IncomingHttpHeaders } from 'node:http';
import { CredentialMissing, CredentialRejected, NoSuchRoute, NotPermitted } from '../core/errors.ts';
import { permits } from '../core/keys/key-kinds.ts';
import type { Clock } from '../core/ports.ts';
import type { KeyVerifier, RateLimiter, VerifiedKey } from './ports.ts';
import type { KeyGuard } from './route.ts';

/** RFC 6750 section 2.1; the scheme in any case. */
export const BEARER = /^Bearer +(\S+) *$/i;

/**
 * The key of a request, from `Authorization: Bearer`, `X-API-Key` or `apikey`: all three on every surface
 * (DESIGN 1). The same key in several headers is fine; two different ones are not, since whoever put a proxy in
 * between would otherwise choose which of them counts.
 *
 * @throws CredentialMissing None of the three headers.
 * @throws CredentialRejected Another scheme, an empty value, or different keys.
 */
export function keyOf(headers: IncomingHttpHeaders): string {
  const { authorization, 'x-api-key': apiKeyHeader, apikey } = headers;
  let found: string | undefined;
  if (authorization !== undefined) {
    found = BEARER.exec(authorization)?.[1];
    if (found === undefined) throw new CredentialRejected('authorization header is not a bearer token');
  }
  for (const sent of [apiKeyHeader, apikey]) {
    if (sent === undefined) continue;
    // Node joins a repeated header with ", "; no key holds a comma, so such a value is refused by the verifier.
    const text = String(sent).trim();
    if (text === '' || (found !== undefined && found !== text))
      throw new CredentialRejected('empty key header, or different keys in two headers');
    found = text;
  }
  if (found === undefined) throw new CredentialMissing();
  return found;
}

export interface AuthenticateDeps {
  readonly verifier: KeyVerifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/**
 * Finds out who is calling: key, then address, then rate limit. What the key may do is `requireGrant`'s, later:
 * the limit comes first so that refused requests are not free.
 *
 * @param request.onKey Called as `KeyVerifier.verify` says, so also for a caller who is then refused.
 * @throws CredentialMissing @throws CredentialRejected @throws AddressNotAllowed @throws RateLimited
 * @throws Unavailable
 */
export async function authenticate(
  { verifier, limiter, clock }: AuthenticateDeps,
  request: { headers: IncomingHttpHeaders; address: string; onKey: (key: VerifiedKey) => void },
): Promise<VerifiedKey> {
  const { headers, address, onKey } = request;
  const key = await verifier.verify(keyOf(headers), { address, now: clock.now(), onKey });
  const waiting = limiter.spend(key);
  if (waiting !== undefined) await waiting;
  return key;
}

/** @throws NotPermitted The key is valid but may not do what the guard asks for. */
export function requireGrant({ grant, or }: KeyGuard, key: VerifiedKey): void {
  if (or !== undefined && permits(key, or)) return;
  if (key.kind === 'publishable' && !permits(key, grant)) {
    throw new NotPermitted('a publishable key', 'A publishable API key may only create sessions.');
  }
  if (!permits(key, grant)) throw new NotPermitted(`needs ${grant ?? 'a secret key'}`);
}

/** @throws NoSuchRoute The route is not there for keys of this environment. */
export function requireEnvironment({ only }: KeyGuard, { environment }: VerifiedKey): void {
  if (only !== undefined && only !== environment) throw new NoSuchRoute();
}
