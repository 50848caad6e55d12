import { createHash } from 'node:crypto';
import type { RandomSource } from '../../../core/deps.ts';
import { createCsrfCookie, isCsrfCookie } from '../../../core/self-service/csrf.ts';
import type { Cookie } from '../../../http/cookies.ts';
import type { PoolRequest } from '../../../http/route.ts';

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Where a cookie of a pool is sent to, and how. */
export function cookieScope(base: string): Pick<Cookie, 'path' | 'isSecure'> {
  const { pathname, protocol } = new URL(base);
  return { path: pathname, isSecure: protocol === 'https:' };
}

/** Contract iam 6.2: pools of other addresses have cookies of their own. */
function nameOf(base: string): string {
  return `csrf_token_${createHash('sha256').update(base).digest('hex')}`;
}

/** What the browser sent; undefined where that is none of ours. */
export function csrfCookieOf({ publicBase, cookies }: Pick<PoolRequest, 'publicBase' | 'cookies'>) {
  const sent = cookies().get(nameOf(publicBase));
  return sent !== undefined && isCsrfCookie(sent) ? sent : undefined;
}

/** The browser's cookie, or a new one; each answer keeps it for another year. */
export function ensureCsrfCookie(
  random: RandomSource,
  request: Pick<PoolRequest, 'publicBase' | 'cookies'>,
): { readonly value: string; readonly cookie: Cookie } {
  const value = csrfCookieOf(request) ?? createCsrfCookie(random);
  const { publicBase } = request;
  const cookie = { name: nameOf(publicBase), value, maxAgeSeconds: YEAR_SECONDS, ...cookieScope(publicBase) };
  return { value, cookie };
}
