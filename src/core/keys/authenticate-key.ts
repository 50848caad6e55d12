import { isInRanges } from '../../kit/cidr.ts';
import type { Deps } from '../deps.ts';
import { AddressNotAllowed, CredentialRejected } from '../errors.ts';
import type { Grant } from '../grants.ts';
import type { KeyId, Principal, StoredApiKey } from '../ports.ts';
import { parseKey } from './key-text.ts';

const KEPT_MS = 2_000;
const KEPT_MAX = 10_000;

type Verified = Principal & { readonly requestsPerMinute: number };

interface Kept {
  readonly until: number;
  readonly key: StoredApiKey;
  readonly principal: Verified;
}

/** Checks API keys and gathers when they were used. */
export interface KeyAuthenticator {
  /**
   * The record of a key is held for at most 2 s (DESIGN 7), so a revocation holds everywhere within that time.
   *
   * @param attempt.onKey Called once the key itself is found good, before its address is looked at.
   * @throws CredentialRejected Malformed, unknown, expired, suspended, revoked: all look alike.
   * @throws AddressNotAllowed
   */
  verify(
    text: string,
    attempt: { address: string; now: Date; onKey: (key: Verified) => void },
  ): Promise<Verified>;
  /** Writes the last-used times gathered since the last call: one statement a pool. */
  flushUses(): Promise<void>;
}

export function createKeyAuthenticator(deps: Pick<Deps, 'keys' | 'secrets'>): KeyAuthenticator {
  const kept = new Map<KeyId, Kept>();
  const uses = new Map<KeyId, { poolId: StoredApiKey['poolId']; at: Date }>();

  const load = async (id: KeyId, now: Date): Promise<Kept> => {
    const held = kept.get(id);
    const fresh = held !== undefined && now.getTime() < held.until && held.until - now.getTime() <= KEPT_MS;
    if (fresh) return held;
    const key = await deps.keys.findApiKey(id);
    kept.delete(id);
    if (key === null) throw new CredentialRejected('unknown key');
    const { accountId, poolId, partition, environment, kind, apiVersion, keyInflection } = key;
    const { requestsPerMinute } = key;
    const grants: ReadonlySet<Grant> = new Set(key.grants);
    const principal: Verified = {
      ...{ keyId: id, accountId, poolId, partition, environment, grants },
      ...{ kind, apiVersion, keyInflection, requestsPerMinute },
    };
    const loaded = { until: now.getTime() + KEPT_MS, key, principal };
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(id, loaded);
    return loaded;
  };

  return {
    async verify(text, { address, now, onKey }) {
      const parsed = parseKey(text);
      if (parsed === null) throw new CredentialRejected('malformed key');
      const { key, principal } = await load(parsed.id, now);
      const hash = deps.secrets.hash('api-key', parsed.id, parsed.secret);
      if (!deps.secrets.equal(hash, key.secretHash)) throw new CredentialRejected('wrong secret');
      // The hash does not cover the prefix, so a prefix that was changed is found here.
      if (parsed.kind !== key.kind) throw new CredentialRejected('wrong kind');
      if (parsed.environment !== key.environment) throw new CredentialRejected('wrong environment');
      if (key.revokedAt !== null) throw new CredentialRejected('revoked key');
      if (key.suspendedAt !== null) throw new CredentialRejected('suspended key');
      if (key.expiresAt !== null && key.expiresAt <= now) throw new CredentialRejected('expired key');
      onKey(principal);
      if (key.allowedAddresses !== null && !isInRanges(address, key.allowedAddresses))
        throw new AddressNotAllowed();
      uses.set(key.id, { poolId: key.poolId, at: now });
      return principal;
    },
    async flushUses() {
      const gathered = [...uses].map(([keyId, use]) => ({ keyId, ...use }));
      uses.clear();
      if (gathered.length > 0) await deps.keys.recordKeyUses(gathered);
    },
  };
}
