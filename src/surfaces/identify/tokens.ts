import type { OpenSettings } from '../../core/identify/config.ts';
import { OriginNotAllowed } from '../../core/identify/errors.ts';
import { bearerOf, type Call } from './calls.ts';

/**
 * The token that a provider is to vouch for: the bearer; or, where the project names a cookie of a provider of its own, what
 * is in that, and the bearer may be anything.
 *
 * @param options.changes A cookie comes along unasked: a change by it must come from a page of a site that is listed.
 * @throws TokenMissing Also where a cookie is there. @throws TokenRejected @throws OriginNotAllowed
 * @see Contract identify 1, 4.3, 5.
 */
export function outsideToken(
  { request }: Call,
  settings: OpenSettings,
  { changes }: { readonly changes: boolean } = { changes: false },
): string {
  const bearer = bearerOf(request);
  const cookie = cookieToken(request, settings);
  if (cookie === undefined) return bearer;
  // That the site is listed was found out before.
  if (changes && request.headers.origin === undefined) throw new OriginNotAllowed();
  return cookie;
}

/** What is in the cookie that the project names for a provider of its own; undefined: nothing, or it names none. */
export function cookieToken({ cookies }: Call['request'], { cookieName }: OpenSettings): string | undefined {
  const sent = typeof cookieName === 'string' ? cookies().get(cookieName) : undefined;
  return sent === '' ? undefined : sent;
}
