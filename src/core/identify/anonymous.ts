import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import type { IdentityId } from '../ports.ts';
import { mayHaveSessions } from '../sessions/active.ts';
import { type AccountNeeds, findOrMakeUser } from './account-user.ts';
import { LoginRejected } from './errors.ts';
import type { Account } from './external-id.ts';
import { noteDevice } from './note-device.ts';
import type { ProfileInput } from './profile-change.ts';
import type { Caller, Project } from './project.ts';
import { type SessionBlock, sessionBlockOf } from './session-block.ts';
import { updateUser } from './update-user.ts';
import { externalIdFor, stepped } from './user.ts';

/** Who an anonymous user is: whoever knows both. */
export interface AnonymousName {
  /** Null: one is made. */
  readonly deviceId: string | null;
  readonly additionalId: string | null;
}

type Needs = AccountNeeds & Pick<Deps, 'places'>;

/** Times are Unix seconds. */
export interface AnonymousUser {
  readonly deviceId: string;
  readonly externalId: string;
  readonly userId: IdentityId;
  readonly signUp: number;
  readonly isNew: boolean;
}

/** Makes an anonymous user, or finds the one of this device. @see Contract identify 3.4. */
export async function registerAnonymous(
  deps: Needs,
  project: Project,
  { caller, ...name }: AnonymousName & { readonly caller: Caller },
): Promise<AnonymousUser> {
  const deviceId = name.deviceId ?? deps.ids.next();
  const account = accountOf(project, { ...name, deviceId });
  const at = Math.floor(deps.clock.now().getTime() / 1000);
  const identify = { devices: [{ id: deviceId, since: at }] };
  const { stored, isNew } = await findOrMakeUser(deps, project, { account, identify, caller });
  const { profile, seen } = openIdentity(await vaultFor(deps, stored), stored);
  if (profile === null) throw new InternalFault('an open identity without a profile');
  const used = seen?.devices?.find(({ id }) => id === deviceId);
  const named = profile.identify?.devices?.find(({ id }) => id === deviceId);
  const externalId = await externalIdFor(deps, project, { profile, account });
  const signUp = stepped(project, used?.signUp ?? named?.since ?? at);
  return { deviceId, externalId, userId: stored.id, signUp, isNew };
}

/**
 * Logs an anonymous user in, made where there is none yet.
 * @param input.profile What is to be known of them from now on; empty: as before.
 * @throws LoginRejected They are blocked (R2).
 * @see Contract identify 3.7.
 */
export async function loginAnonymous(
  deps: Needs,
  project: Project,
  input: AnonymousName & { readonly profile: ProfileInput; readonly caller: Caller },
): Promise<SessionBlock> {
  const { caller, profile } = input;
  const deviceId = input.deviceId ?? deps.ids.next();
  const account = accountOf(project, { ...input, deviceId });
  const found = await findOrMakeUser(deps, project, { account, profile, caller });
  if (!mayHaveSessions(found.stored)) throw new LoginRejected();
  const isChange = !found.isNew && Object.keys(profile).length > 0;
  const change = { userId: found.stored.id, change: profile, claims: 'if-free', caller } as const;
  const { stored } = isChange ? await updateUser(deps, project, change) : found;
  const noted = await noteDevice(deps, project, { caller, first: stored, deviceId, noting: () => 'login' });
  return sessionBlockOf(deps, project, noted, { account, deviceId });
}

function accountOf(
  { poolId }: Project,
  { deviceId, additionalId }: { readonly deviceId: string; readonly additionalId: string | null },
): Account {
  return { provider: 'anonymous', issuer: poolId, subject: `${deviceId}|${additionalId ?? ''}` };
}
