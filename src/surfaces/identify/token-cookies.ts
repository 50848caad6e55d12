import type { Deps } from '../../core/deps.ts';
import type { OpenSettings } from '../../core/identify/config.ts';
import { type Cookie, endedCookie, serialiseCookie } from '../../http/cookies.ts';
import type { RequestHeaders } from '../../http/requests.ts';
import type { Surface } from '../../http/surface.ts';
import type { Call } from './calls.ts';
import { cookieToken } from './tokens.ts';

/** Cookies that carry tokens of a project's own providers, so that a page need not know them (contract identify 4.3, 5). */
export interface TokenCookies {
  /** Before a token is checked: if it is what the cookie has, its refusal ends the cookie. */
  watch(call: Call, settings: OpenSettings, token: string): void;
  /**
   * After a token was found good: the cookie to be shown next time, with any bearer beside it. None where the token came
   * from there, and where no cookie can hold it.
   *
   * @param checked.expiresAt Null: nobody knows.
   */
  renewed(
    call: Call,
    settings: OpenSettings,
    checked: { readonly token: string; readonly expiresAt: Date | null },
  ): readonly Cookie[];
  /** Errors as `present` has them, with the end of a cookie that was watched. */
  present(present: Surface['present']): Surface['present'];
}

/** Of a token whose provider does not say when it ends. */
const UNKNOWN_END_SECONDS = 60 * 60;

export function createTokenCookies({ clock }: Pick<Deps, 'clock'>): TokenCookies {
  // Headers of a request are one object from its arrival to its reply.
  const watched = new WeakMap<RequestHeaders, Cookie>();
  return {
    watch(call, settings, token) {
      const place = placeOf(call, settings);
      if (place === null || token !== cookieToken(call.request, settings)) return;
      const cookie = endedCookie(place);
      if (canBeSent(cookie)) watched.set(call.request.headers, cookie);
    },
    renewed(call, settings, { token, expiresAt }) {
      const place = placeOf(call, settings);
      if (place === null || token === cookieToken(call.request, settings)) return [];
      const leftMs = expiresAt === null ? null : expiresAt.getTime() - clock.now().getTime();
      const maxAgeSeconds = leftMs === null ? UNKNOWN_END_SECONDS : Math.floor(leftMs / 1000);
      const cookie = { ...place, value: token, maxAgeSeconds };
      return maxAgeSeconds > 0 && canBeSent(cookie) ? [cookie] : [];
    },
    present: (present) => (error, request) => {
      const presented = present(error, request);
      const cookie = request === undefined ? undefined : watched.get(request.headers);
      return presented.status === 401 && cookie !== undefined
        ? { ...presented, cookies: [cookie] }
        : presented;
    },
  };
}

/**
 * What the cookie of a call's provider is like. Null: the project sets none, the provider has none or is none of the
 * project's own, or no page asks. It is always `Secure`: browsers take such cookies over plain HTTP from localhost, too.
 */
function placeOf(
  { project, pair, request }: Call,
  { cookieName }: OpenSettings,
): Omit<Cookie, 'value'> | null {
  const { cookies } = project.settings;
  const isOwn = typeof cookieName === 'string' && pair.name !== 'authZero';
  // That the site is listed was found out before.
  if (cookies === null || !isOwn || request.headers.origin === undefined) return null;
  return { name: cookieName, ...cookies };
}

/** Not what is too long, or would break out of the header. */
function canBeSent(cookie: Cookie): boolean {
  try {
    serialiseCookie(cookie);
    return true;
  } catch {
    return false;
  }
}
