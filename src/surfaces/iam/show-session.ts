import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { recordWithoutCredentials } from '../../core/iam/own-record.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../core/identities/view.ts';
import { isVisible } from '../../core/identities/visibility.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { AuthenticationMethod } from '../../core/sessions/content.ts';
import type { SessionView } from '../../core/sessions/view.ts';
import { type ShownIdentity, showIdentity } from './show.ts';
import type * as wire from './wire-sessions.ts';

export type ShownSession = Static<typeof wire.Session>;
type Opened = Pick<OpenedIdentity, 'stored' | 'key' | 'profile'>;
type Needs = Pick<Deps, 'addresses' | 'configs' | 'vault'>;

export interface SessionParts {
  /** Null: it is not asked for, or may not be seen. */
  readonly identity: ShownIdentity | null;
  readonly withDevices: boolean;
  readonly tokenized?: string;
}

/** A session as contract iam 4.2 spells it. */
export function showSession(
  session: SessionView,
  { identity, withDevices, tokenized }: SessionParts,
): ShownSession {
  return {
    id: session.id,
    active: session.isActive,
    expires_at: session.expiresAt.toISOString(),
    authenticated_at: session.authenticatedAt.toISOString(),
    authenticator_assurance_level: session.aal,
    authentication_methods: session.methods.map(showMethod),
    issued_at: session.issuedAt.toISOString(),
    identity,
    devices: withDevices ? session.devices.map(showDevice) : null,
    ...(tokenized === undefined ? {} : { tokenized }),
  };
}

function showMethod({ method, aal, completedAt, provider, organization }: AuthenticationMethod) {
  return {
    ...{ method, aal, completed_at: completedAt.toISOString() },
    ...(provider === undefined ? {} : { provider }),
    ...(organization === undefined ? {} : { organization }),
  };
}

function showDevice({ id, ipAddress, userAgent, location }: SessionView['devices'][number]) {
  return { id, ip_address: ipAddress, user_agent: userAgent, location };
}

/** Neither credentials nor `metadata_admin`. */
export const OWN_EYES = { included: null, forAdmin: false } as const;

/** For the identity's own eyes. */
export async function showOwnIdentity(deps: Needs, identity: Opened): Promise<ShownIdentity> {
  const record = await recordWithoutCredentials(deps, identity);
  return showIdentity(deps, record, OWN_EYES);
}

/** For administrators, without credentials. Null where no identity of this surface is left of it. */
export async function showExpanded(deps: Needs, identity: Opened): Promise<ShownIdentity | null> {
  if (!isVisible(identity.stored) || identity.profile === null) return null;
  return showIdentity(deps, await recordWithoutCredentials(deps, identity), { included: null });
}

/** Identities of a page of sessions, each read and shown once. */
export async function expandIdentities(
  deps: Needs & Pick<Deps, 'identities'>,
  poolId: PoolId,
  sessions: readonly SessionView[],
): Promise<ReadonlyMap<IdentityId, ShownIdentity | null>> {
  const ids = [...new Set(sessions.map(({ identityId }) => identityId))];
  const shown = ids.map(async (id) => {
    const stored = await deps.identities.findIdentity(poolId, id);
    if (stored === null) return [id, null] as const;
    return [id, await showExpanded(deps, openIdentity(await vaultFor(deps, stored), stored))] as const;
  });
  return new Map(await Promise.all(shown));
}
