import type { Deps } from '../../deps.ts';
import { SealBroken, WriteConflict } from '../../errors.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../identities/view.ts';
import type { DataKey, IdentityId } from '../../ports.ts';
import { findByAccount } from '../account-user.ts';
import { TokenRejected } from '../errors.ts';
import type { SealedRefresh } from '../ports.ts';
import type { Project } from '../project.ts';
import type { RefreshTokensOf } from '../provider-ports.ts';
import { accountOf, type Outside, type OutsideNeeds } from './outside-user.ts';

/** Longer than providers let a refresh token live. */
export const REFRESH_KEPT_MS = 3650 * 24 * 60 * 60 * 1000;

/** Logins that a provider is told to end one by one. Earlier ones are refused here all the same. */
const TOLD_MAX = 20;
const TRIES_MAX = 20;

/** What finds a refresh token of a provider again. */
export function refreshDigest(
  { secrets }: Pick<Deps, 'secrets'>,
  { name }: Pick<Outside, 'name'>,
  refresh: string,
): Buffer {
  return secrets.hash('identify-outside-refresh', name, refresh);
}

/**
 * Keeps a refresh token that a provider gave through us, sealed under the data key of whose it is.
 *
 * @param input.presented What was shown for it; of one that the provider has replaced only the digest stays.
 * @throws TokenRejected The identity was erased meanwhile. @throws WriteConflict Its key kept changing.
 */
export async function keepRefresh(
  deps: OutsideNeeds,
  { poolId }: Pick<Project, 'poolId'>,
  outside: Outside,
  input: {
    readonly opened: OpenedIdentity;
    readonly refresh: string;
    readonly presented: string | undefined;
  },
): Promise<void> {
  const { refresh, presented } = input;
  const digest = refreshDigest(deps, outside, refresh);
  const isReplaced = presented !== undefined && presented !== refresh;
  const replaced = isReplaced ? refreshDigest(deps, outside, presented) : null;
  const expiresAt = new Date(deps.clock.now().getTime() + REFRESH_KEPT_MS);
  let { stored, key } = input.opened;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const { id: identityId, wrappedKey } = stored;
    if (key === null || wrappedKey === null) throw new TokenRejected();
    const box = key.seal(sectionOf(digest), Buffer.from(refresh));
    const kept = { digest, replaced, identityId, wrappedKey, box, expiresAt };
    if (await deps.outsideTokens.keepRefresh(poolId, kept)) return;
    // The identity has another data key by now, or none.
    const again = await deps.identities.findIdentity(poolId, identityId);
    if (again === null) throw new TokenRejected();
    ({ stored, key } = openIdentity(await vaultFor(deps, again), again));
  }
  throw new WriteConflict();
}

/** For a provider that has to be told which logins to end. What does not open is left out: it is refused here anyway. */
export function refreshTokensAt(
  deps: Pick<Deps, 'clock' | 'identities' | 'outsideTokens' | 'secrets' | 'vault'>,
  project: Project,
  outside: Outside,
): RefreshTokensOf {
  return async (user) => {
    const { poolId } = project;
    const stored = await findByAccount(deps, project, accountOf(outside, user));
    if (stored === null) return [];
    const kept = await deps.outsideTokens.listRefresh(poolId, stored.id, {
      now: deps.clock.now(),
      limit: TOLD_MAX,
    });
    const tokens = await Promise.all(
      kept.map(async (sealed) => {
        const token = await openRefresh(deps, { poolId, identityId: stored.id }, sealed);
        // Another provider's is not this one's to see.
        return token !== null && refreshDigest(deps, outside, token).equals(sealed.digest) ? [token] : [];
      }),
    );
    return tokens.flat();
  };
}

/** The box under another key. @throws SealBroken */
export function resealRefresh(
  { from, to }: { readonly from: DataKey; readonly to: DataKey },
  { digest, box }: Pick<SealedRefresh, 'digest' | 'box'>,
): Buffer {
  const plaintext = from.open(sectionOf(digest), box);
  const again = to.seal(sectionOf(digest), plaintext);
  plaintext.fill(0);
  return again;
}

async function openRefresh(
  { vault }: Pick<Deps, 'vault'>,
  { poolId, identityId }: { readonly poolId: Project['poolId']; readonly identityId: IdentityId },
  { digest, box, wrappedKey, configVersion }: SealedRefresh,
): Promise<string | null> {
  const pool = await vault.pool(poolId, configVersion);
  try {
    const key = pool.openIdentityKey(identityId, wrappedKey);
    return key.open(sectionOf(digest), box).toString('utf8');
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}

/** Bound to the token's row; pool and identity are the key's. */
function sectionOf(digest: Buffer): string {
  return `identify-outside-refresh:${digest.toString('hex')}`;
}
