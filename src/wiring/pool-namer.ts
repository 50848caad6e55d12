import type { Config } from '../config/load.ts';
import type { PublicAddresses } from '../core/deps.ts';
import { NotFound } from '../core/errors.ts';
import type { PoolConfigs } from '../core/pools/pool-configs.ts';
import type { PoolId } from '../core/ports.ts';
import type { PoolNamer } from '../http/ports.ts';
import { isUuid } from '../kit/ids.ts';
import type { Database } from '../store/postgres.ts';
import { readFact } from '../store/repositories/installation.ts';

export interface NamedPools {
  readonly pools: PoolNamer;
  readonly addresses: PublicAddresses;
}

/** Which pool a request without a key belongs to, and where links lead that are made for it (DESIGN 7.1). */
export function openPoolNamer(
  config: Config,
  { db, configs, origin }: { db: Database; configs: PoolConfigs; origin: () => string },
): NamedPools {
  const byHost = new Map(
    config.pools.hosts.map((entry) => {
      const [host = '', appId = ''] = entry.split('=');
      return [host, appId as PoolId] as const;
    }),
  );
  const hostOf = new Map([...byHost].map(([host, poolId]) => [poolId, host]));
  const findDefault = async () => (await readFact(db, 'default_pool')) as PoolId | null;
  let known: PoolId | null = null;
  const isOpen = async (poolId: PoolId): Promise<PoolId | null> => {
    try {
      return (await configs.any(poolId)).isOpen ? poolId : null;
    } catch (error) {
      if (error instanceof NotFound) return null;
      throw error;
    }
  };
  return {
    pools: {
      byHost: async (host) => {
        const poolId = byHost.get(host);
        return poolId === undefined ? null : isOpen(poolId);
      },
      byId: async (appId) => (isUuid(appId) ? isOpen(appId as PoolId) : null),
      // Once there is one it stays.
      defaultPool: async () => {
        known ??= await findDefault();
        return known;
      },
    },
    addresses: {
      origin,
      async baseOf(poolId) {
        const host = hostOf.get(poolId);
        if (host !== undefined) {
          const url = new URL(origin());
          url.hostname = host;
          return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
        }
        known ??= await findDefault();
        return poolId === known ? origin() : `${origin()}/p/${poolId}`;
      },
    },
  };
}
