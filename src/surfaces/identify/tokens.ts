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
  const { cookieName } = settings;
  const cookie = typeof cookieName === 'string' ? request.cookies().get(cookieName) : undefined;
  if (cookie === undefined || cookie === '') return bearer;
  // That the site is listed was found out before.
  if (changes && request.headers.origin === undefined) throw new OriginNotAllowed();
  return cookie;
}
