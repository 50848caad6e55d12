import { isInRanges } from '../../kit/cidr.ts';
import type { Deps } from '../deps.ts';
import { AddressNotAllowed, CredentialRejected, NotPermitted } from '../errors.ts';
import type { Grant } from '../grants.ts';
import type { IdentityId, KeyId, PoolId, Principal, StoredApiKey } from '../ports.ts';
import { parseKey } from './key-text.ts';

const KEPT_MS = 2_000;
const KEPT_MAX = 10_000;
const NO_KEY = 'The session does not permit this.';

type Verified = Principal & { readonly requestsPerMinute: number };

interface Kept {
  readonly until: number;
  readonly key: StoredApiKey;
  readonly principal: Verified;
}

/** Where a request comes from, and when. */
interface Attempt {
  readonly address: string;
  readonly now: Date;
  /** Called once the key itself is found good, before its address is looked at. */
  readonly onKey: (key: Verified) => void;
}

/**
 * Checks API keys and gathers when they were used. The record of a key is held for at most 2 s (DESIGN 7), so a
 * revocation holds everywhere within that time.
 */
export interface KeyAuthenticator {
  /**
   * @throws CredentialRejected Malformed, unknown, expired, suspended, revoked: all look alike.
   * @throws AddressNotAllowed
   */
  verify(text: string, attempt: Attempt): Promise<Verified>;
  /**
   * The key of somebody who has shown an active session: the caller has checked that.
   *
   * @throws NotPermitted They have no key, or one that is expired, suspended or revoked: all look alike.
   * @throws AddressNotAllowed
   */
  verifyFor(owner: { poolId: PoolId; identityId: IdentityId }, attempt: Attempt): Promise<Verified>;
  /** Writes the last-used times gathered since the last call: one statement a pool. */
  flushUses(): Promise<void>;
}

export function createKeyAuthenticator(deps: Pick<Deps, 'keys' | 'secrets'>): KeyAuthenticator {
  // By the key's id, or by whose it is.
  const kept = new Map<string, Kept>();
  const uses = new Map<KeyId, { poolId: PoolId; at: Date }>();

  const load = async (
    name: string,
    now: Date,
    find: () => Promise<StoredApiKey | null>,
  ): Promise<Kept | null> => {
    const held = kept.get(name);
    const fresh = held !== undefined && now.getTime() < held.until && held.until - now.getTime() <= KEPT_MS;
    if (fresh) return held;
    const key = await find();
    kept.delete(name);
    if (key === null) return null;
    const loaded = { until: now.getTime() + KEPT_MS, key, principal: principalOf(key) };
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(name, loaded);
    return loaded;
  };

  const use = ({ key, principal }: Kept, { address, now, onKey }: Attempt): Verified => {
    onKey(principal);
    if (key.allowedAddresses !== null && !isInRanges(address, key.allowedAddresses))
      throw new AddressNotAllowed();
    uses.set(key.id, { poolId: key.poolId, at: now });
    return principal;
  };

  return {
    async verify(text, attempt) {
      const parsed = parseKey(text);
      if (parsed === null) throw new CredentialRejected('malformed key');
      const found = await load(parsed.id, attempt.now, () => deps.keys.findApiKey(parsed.id));
      if (found === null) throw new CredentialRejected('unknown key');
      const { key } = found;
      const hash = deps.secrets.hash('api-key', parsed.id, parsed.secret);
      if (key.secretHash === null || !deps.secrets.equal(hash, key.secretHash))
        throw new CredentialRejected('wrong secret');
      // The hash does not cover the prefix, so a prefix that was changed is found here.
      if (parsed.kind !== key.kind) throw new CredentialRejected('wrong kind');
      if (parsed.environment !== key.environment) throw new CredentialRejected('wrong environment');
      const stopped = whyStopped(key, attempt.now);
      if (stopped !== null) throw new CredentialRejected(stopped);
      return use(found, attempt);
    },
    async verifyFor({ poolId, identityId }, attempt) {
      const find = () => deps.keys.findKeyOfIdentity(poolId, identityId);
      const found = await load(`${poolId}/${identityId}`, attempt.now, find);
      if (found === null) throw new NotPermitted('a session without a key', NO_KEY);
      const stopped = whyStopped(found.key, attempt.now);
      if (stopped !== null) throw new NotPermitted(stopped, NO_KEY);
      return use(found, attempt);
    },
    async flushUses() {
      const gathered = [...uses].map(([keyId, use]) => ({ keyId, ...use }));
      uses.clear();
      if (gathered.length > 0) await deps.keys.recordKeyUses(gathered);
    },
  };
}

function principalOf(key: StoredApiKey): Verified {
  const { accountId, poolId, partition, environment, kind, apiVersion, keyInflection } = key;
  const { requestsPerMinute, isSingleIdentity } = key;
  const grants: ReadonlySet<Grant> = new Set(key.grants);
  return {
    ...{ keyId: key.id, accountId, poolId, partition, environment, grants },
    ...{ kind, apiVersion, keyInflection, isSingleIdentity, requestsPerMinute },
  };
}

/** Null: it may be used. */
function whyStopped({ revokedAt, suspendedAt, expiresAt }: StoredApiKey, now: Date): string | null {
  if (revokedAt !== null) return 'revoked key';
  if (suspendedAt !== null) return 'suspended key';
  return expiresAt !== null && expiresAt <= now ? 'expired key' : null;
}
