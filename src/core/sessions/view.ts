import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../identities/view.ts';
import type { DataKey, IdentityId, PoolVault } from '../ports.ts';
import { isActiveSession } from './active.ts';
import { openContent, type SessionContent } from './content.ts';
import type { OwnedSession, StoredSession } from './ports.ts';

/** A session, opened; tokens are not among it. Personal data: goes into replies, nowhere else. */
export interface SessionView extends Omit<StoredSession, 'box'>, SessionContent {
  /** As of the reading. */
  readonly isActive: boolean;
}

/** A session with the identity that it is of. */
export interface SessionOfIdentity {
  readonly session: SessionView;
  readonly identity: OpenedIdentity;
}

type Needs = Pick<Deps, 'clock' | 'vault'>;

export function viewSession(key: DataKey, owned: OwnedSession, now: Date): SessionView {
  const { session, owner } = owned;
  const { box, ...facts } = session;
  return { ...facts, ...openContent(key, session.id, box), isActive: isActiveSession(session, owner, now) };
}

/** @throws NotFound The identity was erased: nothing opens its sessions. */
export function keyOfOwner(vault: PoolVault, { owner }: OwnedSession): DataKey {
  if (owner.wrappedKey === null) throw new NotFound();
  return vault.openIdentityKey(owner.id, owner.wrappedKey);
}

/** @throws NotFound As `keyOfOwner`. */
export async function openOwned({ clock, vault }: Needs, owned: OwnedSession): Promise<SessionView> {
  const keys = await vaultFor({ vault }, owned.owner);
  return viewSession(keyOfOwner(keys, owned), owned, clock.now());
}

/**
 * Sessions that one statement found, each identity's key opened once.
 * @throws NotFound As `keyOfOwner`.
 */
export async function openEach(
  { clock, vault }: Needs,
  found: readonly OwnedSession[],
): Promise<SessionView[]> {
  const now = clock.now();
  const opened = new Map<IdentityId, DataKey>();
  const views: SessionView[] = [];
  for (const owned of found) {
    const { owner } = owned;
    const key = opened.get(owner.id) ?? keyOfOwner(await vaultFor({ vault }, owner), owned);
    opened.set(owner.id, key);
    views.push(viewSession(key, owned, now));
  }
  return views;
}

/** As `SessionOfIdentity`, with no more opened than its person is shown: neither what was seen of them nor credentials. */
export interface OwnSession {
  readonly session: SessionView;
  readonly identity: Pick<OpenedIdentity, 'stored' | 'key' | 'profile'>;
}

/** Without a promise while the pool's keys are held, which is nearly always. @throws NotFound As `keyOfOwner`. */
export function openOwn(
  { clock, vault }: Needs,
  owned: OwnedSession<StoredIdentity>,
): OwnSession | Promise<OwnSession> {
  const { owner } = owned;
  const open = (keys: PoolVault): OwnSession => {
    const identity = openIdentity(keys, { ...owner, seen: null });
    if (identity.key === null) throw new NotFound();
    const { key, profile } = identity;
    return {
      session: viewSession(key, owned, clock.now()),
      identity: { stored: owner, key, profile },
    };
  };
  const held = vault.held(owner.poolId, owner.configVersion);
  return held === null ? vaultFor({ vault }, owner).then(open) : open(held);
}

/** Opens both under the one key. @throws NotFound As `keyOfOwner`. */
export async function openWithIdentity(
  { clock, vault }: Needs,
  owned: OwnedSession<StoredIdentity>,
): Promise<SessionOfIdentity> {
  const identity = openIdentity(await vaultFor({ vault }, owned.owner), owned.owner);
  if (identity.key === null) throw new NotFound();
  return { session: viewSession(identity.key, owned, clock.now()), identity };
}
