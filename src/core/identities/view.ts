import { type Credentials, openCredentials } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { SealBroken } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { AccountId, DataKey, DomainId, IdentityId, PoolId, PoolVault } from '../ports.ts';
import { claimsOf, titleOf, viewFactors } from './factors.ts';
import type { StoredIdentity } from './ports.ts';
import type { FactorView, Profile, Seen, Snapshot } from './profile.ts';
import type { LifecycleStatus } from './standing.ts';

/** An identity, opened. Personal data: goes into replies, nowhere else. */
export interface IdentityView {
  readonly id: IdentityId;
  readonly poolId: PoolId;
  readonly accountId: AccountId;
  readonly domainId: DomainId;
  readonly partition: number;
  readonly status: LifecycleStatus;
  /** Null when no identifying factor shows a value. */
  readonly title: string | null;
  readonly claims: { readonly [name: string]: string };
  readonly metadata: { readonly [key: string]: string };
  readonly factors: readonly FactorView[];
  readonly firstSeen: Snapshot | null;
  readonly lastSeen: Snapshot | null;
}

/** An identity with what a change of it starts from. */
export interface OpenedIdentity {
  readonly stored: StoredIdentity;
  readonly key: DataKey | null;
  readonly profile: Profile | null;
  readonly seen: Seen | null;
}

const SECTION_PROFILE = 'profile';
const SECTION_SEEN = 'seen';

/**
 * The vault that opens a row: with the pool's keys as of the configuration that was read with it, so that a row that
 * was wrapped anew meanwhile opens too.
 */
export function vaultFor(
  { vault }: Pick<Deps, 'vault'>,
  stored: Pick<StoredIdentity, 'poolId' | 'configVersion'>,
): Promise<PoolVault> {
  return vault.pool(stored.poolId, stored.configVersion);
}

export function openIdentity(vault: PoolVault, stored: StoredIdentity): OpenedIdentity {
  if (stored.wrappedKey === null) return { stored, key: null, profile: null, seen: null };
  const key = vault.openIdentityKey(stored.id, stored.wrappedKey);
  return {
    stored,
    key,
    profile:
      stored.profile === null ? null : parseSection<Profile>(key.open(SECTION_PROFILE, stored.profile)),
    seen: stored.seen === null ? null : parseSection<Seen>(key.open(SECTION_SEEN, stored.seen)),
  };
}

/** Opens the credentials: only where they are needed. */
export function credentialsOf({ stored, key }: Pick<OpenedIdentity, 'stored' | 'key'>): Credentials {
  return openCredentials(key, stored.credentials);
}

export function sealProfile(key: DataKey, profile: Profile): Buffer {
  return key.seal(SECTION_PROFILE, Buffer.from(JSON.stringify(profile)));
}

export function sealSeen(key: DataKey, seen: Seen): Buffer {
  return key.seal(SECTION_SEEN, Buffer.from(JSON.stringify(seen)));
}

function parseSection<Section extends Profile | Seen>(plaintext: Buffer): Section {
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a sealed section holds no JSON');
  }
}

export function viewIdentity(vault: PoolVault, config: PoolConfig, opened: OpenedIdentity): IdentityView {
  const { stored, profile, seen } = opened;
  const base = {
    id: stored.id,
    poolId: stored.poolId,
    accountId: config.accountId,
    domainId: config.domainId,
    partition: config.partition,
    status: stored.status,
    firstSeen: seen?.first ?? null,
    lastSeen: seen?.last ?? null,
  };
  if (profile === null) return { ...base, title: null, claims: {}, metadata: {}, factors: [] };
  const { frozen, metadata } = profile;
  if (frozen !== undefined) return { ...base, ...frozen, metadata };
  const factors = viewFactors(vault, config, { id: stored.id, schemaId: stored.schemaId, profile });
  return { ...base, title: titleOf(factors), claims: claimsOf(config, profile, factors), metadata, factors };
}

/** Open as far as pools, kyc and iam are concerned: archiving hides from verification's list only (R8). */
export function isOpenStatus(status: LifecycleStatus): boolean {
  return status === 'extant' || status === 'archived';
}
