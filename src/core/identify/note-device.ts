import type { Deps } from '../deps.ts';
import { WriteConflict } from '../errors.ts';
import { requireOpen } from '../identities/change.ts';
import { noteLogin, noteSignature } from '../identities/logins.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { prepareChange } from '../identities/prepare-change.ts';
import type { Seen } from '../identities/profile.ts';
import { takeSnapshot } from '../identities/record-interaction.ts';
import type { Changed, Changing, Revision } from '../identities/revision.ts';
import { TokenRejected } from './errors.ts';
import type { Caller, Project } from './project.ts';
import { stepped } from './user.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'places'>;

const TRIES_MAX = 20;

/** What a request is to a device: a login, or a look whether the user still is who they are. */
export type Noting = 'login' | 'signature';

/**
 * Notes that a device was used, and signs for it, by one conditional write (R6, R7). Where the signature of the present
 * step is there already and nobody logged in, nothing is written.
 *
 * @param first As it was read already; read again where it was changed meanwhile.
 * @param noting Decides on what is known by then.
 */
export async function noteDevice(
  deps: Needs,
  project: Project,
  input: {
    readonly caller: Caller;
    readonly first: StoredIdentity;
    /** Null: its client names none, and only the login is noted. */
    readonly deviceId: string | null;
    readonly noting: (seen: Seen | null) => Noting | null;
  },
): Promise<Changed> {
  const { poolId } = project;
  let stored = input.first;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const { configVersion } = stored;
    const config = deps.configs.held(poolId, configVersion) ?? (await deps.configs.at(poolId, configVersion));
    const vault = deps.vault.held(poolId, configVersion) ?? (await deps.vault.pool(poolId, configVersion));
    const changing = requireOpen(vault, config, stored);
    const revision = seenRevision(deps, project, { ...input, changing });
    if (revision === null) return changing;
    const { change, after } = prepareChange(deps, input.caller.context, changing, { revision });
    if ((await deps.identities.changeIdentity(change)) === 'done') return after;
    const again = await deps.identities.findIdentity(poolId, stored.id);
    // Closed meanwhile.
    if (again === null) throw new TokenRejected();
    stored = again;
    await deps.configs.current(poolId);
  }
  throw new WriteConflict();
}

/** The change that notes a device, for `noteDevice` and for logins that write more beside it. Null: there is none. */
export function seenRevision(
  deps: Pick<Deps, 'clock' | 'places'>,
  project: Pick<Project, 'settings'>,
  input: {
    readonly caller: Pick<Caller, 'origin'>;
    readonly changing: Pick<Changing, 'seen' | 'profile' | 'stored'>;
    readonly deviceId: string | null;
    readonly noting: (seen: Seen | null) => Noting | null;
  },
): (Revision & Required<Pick<Revision, 'seen'>>) | null {
  const { changing, deviceId } = input;
  const now = deps.clock.now();
  const at = Math.floor(now.getTime() / 1000);
  const { limits } = project.settings;
  const { seen } = changing;
  const known = seen?.devices?.find(({ id }) => id === deviceId);
  const signedAt = stepped(project, at);
  const waiting = changing.profile.identify?.devices?.find(({ id }) => id === deviceId);
  const since = waiting === undefined ? {} : { since: waiting.since };
  const device = deviceId === null ? null : { id: deviceId, signedAt, ...since };
  const noting = input.noting(seen);
  // Who has not been seen yet is seen now.
  if (noting === 'login' || (noting === 'signature' && seen === null)) {
    const { ipAddress: remoteIp, userAgent } = input.caller.origin;
    const last = takeSnapshot(deps, { at: now, remoteIp, userAgent, ja4Fingerprint: null });
    return {
      action: 'identity.seen',
      fields: [
        ...(seen === null ? ['first_seen'] : []),
        ...['last_seen', 'login_history'],
        ...(device === null ? [] : ['devices']),
      ],
      seen: { value: noteLogin(seen, { last, device, limits }), lastSeenAt: now },
    };
  }
  if (noting === null || device === null || seen === null || known?.signedAt === signedAt) return null;
  return {
    ...{ action: 'identity.seen', fields: ['devices'] },
    seen: {
      value: noteSignature(seen, { device, at, limits }),
      lastSeenAt: changing.stored.lastSeenAt ?? now,
    },
  };
}
