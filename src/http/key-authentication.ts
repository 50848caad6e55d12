import type { IncomingHttpHeaders } from 'node:http';
import { CredentialMissing, CredentialRejected, NotPermitted } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { KeyVerifier, RateLimiter, VerifiedKey } from './ports.ts';
import type { KeyGuard } from './route.ts';

const BEARER = /^Bearer +(\S+) *$/i;

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

/**
 * Lets a request through a key guard: key, then address, then rate limit, then grant. The limit comes before
 * the grant so that refused requests are not free.
 *
 * @throws CredentialMissing @throws CredentialRejected @throws AddressNotAllowed @throws RateLimited
 * @throws NotPermitted The key is valid but lacks the grant. @throws Unavailable
 */
export async function authenticate(
  { verifier, limiter, clock }: { verifier: KeyVerifier; limiter: RateLimiter; clock: Clock },
  guard: KeyGuard,
  request: { headers: IncomingHttpHeaders; address: string; onKey: (key: VerifiedKey) => void },
): Promise<VerifiedKey> {
  const key = await verifier.verify(keyOf(request.headers), { address: request.address, now: clock.now() });
  request.onKey(key);
  const waiting = limiter.spend(key);
  if (waiting !== undefined) await waiting;
  if (guard.grant !== null && !key.grants.has(guard.grant)) throw new NotPermitted(`needs ${guard.grant}`);
  return key;
}
