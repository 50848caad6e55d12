import { createHash } from 'node:crypto';
import type { Deps } from '../../../core/deps.ts';
import { heldOffer } from '../../../core/self-service/begin-flow.ts';
import { createCsrfCookie, isCsrfCookie } from '../../../core/self-service/csrf.ts';
import type { Cookie } from '../../../http/cookies.ts';
import type { PoolRequest } from '../../../http/route.ts';
import { isSameSite } from '../../../kit/same-site.ts';

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * Where a cookie of a pool is sent to, and how: with requests of other sites only where the pool's own pages are on one.
 * Browsers take such cookies over HTTPS only.
 */
export function cookieScope(
  deps: Pick<Deps, 'configs' | 'selfService'>,
  { poolId, publicBase }: Pick<PoolRequest, 'poolId' | 'publicBase'>,
): Pick<Cookie, 'path' | 'isSecure' | 'sameSite'> {
  const { pathname, protocol } = new URL(publicBase);
  const isSecure = protocol === 'https:';
  const { uiUrl, corsOrigins } = heldOffer(deps, poolId);
  const pages = [...(uiUrl === null ? [] : [uiUrl]), ...corsOrigins];
  const isElsewhere = pages.some((page) => !isSameSite(page, publicBase));
  return { path: pathname, isSecure, ...(isElsewhere && isSecure ? { sameSite: 'none' } : {}) };
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
  deps: Pick<Deps, 'random' | 'configs' | 'selfService'>,
  request: Pick<PoolRequest, 'poolId' | 'publicBase' | 'cookies'>,
): { readonly value: string; readonly cookie: Cookie } {
  const value = csrfCookieOf(request) ?? createCsrfCookie(deps.random);
  const { publicBase } = request;
  return {
    value,
    // When it is set: by then the settings that it depends on were read.
    get cookie() {
      const name = nameOf(publicBase);
      return { name, value, maxAgeSeconds: YEAR_SECONDS, ...cookieScope(deps, request) };
    },
  };
}
