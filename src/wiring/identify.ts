import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { createExternalIdKey } from '../core/identify/external-id-key.ts';
import type { AddressThrottle, ExternalIdKey } from '../core/identify/ports.ts';
import type { Clock, KeyId, PoolId } from '../core/ports.ts';
import { createRateLimiter } from '../http/rate-limiter.ts';
import { uuidOfDigest } from '../kit/ids.ts';
import type { Database } from '../store/postgres.ts';
import { readFact, writeFactOnce } from '../store/repositories/installation.ts';
import { createRateLeaseStore } from '../store/repositories/rate-leases.ts';

const FACT = 'identify_external_id_key';

/** What external ids follow from: as the operator said, or made here. */
export function openExternalIdKey(
  { identify }: Config,
  { db, ...deps }: Pick<Deps, 'vault' | 'random'> & { readonly db: Database },
): ExternalIdKey {
  const given = identify.externalIdSecret;
  if (given !== null) return { get: async () => given.reveal() };
  return createExternalIdKey(deps, {
    async find() {
      const fact = await readFact(db, FACT);
      if (fact === null) return null;
      const { poolId, sealed } = JSON.parse(fact) as { poolId: PoolId; sealed: string };
      return { poolId, sealed: Buffer.from(sealed, 'base64') };
    },
    async insert({ poolId, sealed }) {
      await writeFactOnce(db, FACT, JSON.stringify({ poolId, sealed: sealed.toString('base64') }));
    },
  });
}

/** Networks are counted like keys, out of leases that the database counts over all processes. */
export function createAddressThrottle(db: Database, clock: Clock): AddressThrottle {
  const limiter = createRateLimiter({ leases: createRateLeaseStore(db), clock });
  return {
    async take({ poolId, digest, perMinute }) {
      const keyId = uuidOfDigest(poolId, digest) as KeyId;
      await limiter.spend({ poolId, keyId, requestsPerMinute: perMinute });
    },
  };
}
