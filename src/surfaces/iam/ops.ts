import type { Deps } from '../../core/deps.ts';
import { type PoolRequest, redirectTo, replyWith } from '../../http/route.ts';

/**
 * Handlers of what clients ask a server about itself (contract iam 1.1).
 * @param options.version Of this server.
 */
export function opsHandlers(
  { readiness }: Pick<Deps, 'readiness'>,
  { version }: { readonly version: string },
) {
  return {
    getVersion: async () => ({ version }),
    isAlive: async () => ({ status: 'ok' }),
    async isReady() {
      if (await readiness.isReady()) return { status: 'ok' };
      return replyWith({ errors: { database: 'does not answer' } }, { status: 503 });
    },
    /** Where password managers send people. */
    changePassword: async ({ publicBase }: PoolRequest) => redirectTo(`${publicBase}/settings`),
  };
}
