import type {
  AccountAdministration,
  IdentityAdministration,
  KeyAdministration,
} from '../cli/wiring-types.ts';
import type { Deps } from '../core/deps.ts';
import { InternalFault, NotFound } from '../core/errors.ts';
import { purgeIdentities } from '../core/identities/purge-identities.ts';
import { changeApiKey, createApiKey } from '../core/keys/manage-keys.ts';
import { createAccount } from '../core/pools/create-account.ts';
import type { Environment, KeyId } from '../core/ports.ts';
import { toPlaced } from '../kit/ids.ts';
import type { Database } from '../store/postgres.ts';
import { listAllPoolIds } from '../store/repositories/pool-configs.ts';

/** Requests a minute of keys that are not given another limit. */
export const REQUESTS_PER_MINUTE = 60_000;

export function administerKeys(deps: Deps): KeyAdministration {
  const change = async (id: KeyId, to: 'revoke' | 'suspend' | 'resume'): Promise<boolean> => {
    try {
      await changeApiKey(deps, id, to);
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  };
  return {
    async create(input) {
      const { key, text } = await createApiKey(deps, input);
      return { key, secret: text };
    },
    list: () => deps.keys.listApiKeys(),
    revoke: (id) => change(id, 'revoke'),
    suspend: (id) => change(id, 'suspend'),
    resume: (id) => change(id, 'resume'),
  };
}

export function administerAccounts(deps: Deps): AccountAdministration {
  return {
    async create({ title }) {
      const { account, pools } = await createAccount(deps, { title, environments: ['live', 'sandbox'] });
      const { id: accountId, partition } = account;
      const entry = (environment: Environment) => {
        const pool = pools.find((candidate) => candidate.environment === environment);
        if (pool === undefined) throw new InternalFault(`no ${environment} pool was made`);
        return { poolId: pool.id, poolRef: toPlaced(pool.id, 'pool', partition) };
      };
      const live = entry('live');
      const { text } = await createApiKey(deps, {
        poolId: live.poolId,
        label: 'First key',
        grants: ['all'],
        requestsPerMinute: REQUESTS_PER_MINUTE,
        allowedAddresses: null,
        expiresAt: null,
      });
      const accountRef = toPlaced(accountId, 'account', partition);
      return { accountId, accountRef, live, sandbox: entry('sandbox'), secret: text };
    },
  };
}

export function administerIdentities(deps: Deps, db: Database): IdentityAdministration {
  return {
    async purge({ poolId, closedBefore, onProgress }) {
      let removed = 0;
      for (const one of poolId === null ? await listAllPoolIds(db) : [poolId]) {
        const before = removed;
        removed += await purgeIdentities(deps, {
          poolId: one,
          closedBefore,
          onProgress: (count) => onProgress?.(before + count),
        });
      }
      return removed;
    },
  };
}
