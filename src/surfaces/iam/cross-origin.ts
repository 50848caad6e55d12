import type { Deps } from '../../core/deps.ts';
import { offerOf } from '../../core/self-service/begin-flow.ts';
import type { CrossOrigin } from '../../http/cross-origin.ts';
import { namePool } from '../../http/named-pool.ts';
import type { PoolNamer } from '../../http/ports.ts';

/** What people do themselves; administrators have keys, which are no pages' business. */
const PUBLIC =
  /^(?:\/p\/[^/]+)?(?:(?:\/auth)?\/(?:self-service|schemas|sessions|\.well-known)|\/iam\/(?:self-service|schemas|sessions\/(?:whoami|token-exchange)))(?:\/|$)/;
const PREFIX = /^\/p\/([^/]+)\//;

/**
 * Pages of a pool's own user interface, and of the origins that its settings name, may call what is public of that pool,
 * with cookies. Asked of the settings as they are by now, so that an origin that is taken off the list is off it.
 */
export function crossOriginOf(deps: Pick<Deps, 'configs' | 'selfService'>, pools: PoolNamer): CrossOrigin {
  return {
    async allows(origin, { path, headers }) {
      if (!PUBLIC.test(path)) return false;
      const { host } = headers;
      const named = await namePool(pools, { appId: appIdIn(path), host: [host].flat()[0] });
      if (named === null) return false;
      const { uiUrl, corsOrigins } = (await offerOf(deps, named)).offered;
      return corsOrigins.includes(origin) || (uiUrl !== null && new URL(uiUrl).origin === origin);
    },
    credentials: true,
    headers: ['authorization', 'content-type', 'x-csrf-token', 'x-session-token'],
    exposeHeaders: [
      'link',
      'ory-error-id',
      'retry-after',
      'x-kratos-authenticated-identity-id',
      'x-total-count',
    ],
  };
}

/** Undefined without the prefix; what cannot be decoded is no pool's id as it stands. */
function appIdIn(path: string): string | undefined {
  const sent = PREFIX.exec(path)?.[1];
  try {
    return sent === undefined ? undefined : decodeURIComponent(sent);
  } catch {
    return sent;
  }
}
