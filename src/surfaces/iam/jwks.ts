import type { Deps } from '../../core/deps.ts';
import { listPublicKeys } from '../../core/jwt/signing-keys.ts';
import { type PoolRequest, replyWith } from '../../http/route.ts';

/** Keys stay; a minute bounds how long a checker goes without one that is new. */
const HEADERS = { 'cache-control': 'public, max-age=60' } as const;

/** What tokens of sessions are checked by (RFC 7517). */
export function jwksHandlers(deps: Deps) {
  return {
    async listPublicKeys({ poolId }: PoolRequest) {
      const keys = await listPublicKeys(deps, poolId);
      const shown = keys.map(({ id, publicKey }) => ({ ...publicKey, kid: id, use: 'sig', alg: 'ES256' }));
      return replyWith({ keys: shown }, { headers: HEADERS });
    },
  };
}
