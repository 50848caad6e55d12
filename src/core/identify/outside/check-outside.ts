import type { Seen } from '../../identities/profile.ts';
import { type Noting, noteDevice } from '../note-device.ts';
import type { ProfileInput } from '../profile-change.ts';
import type { Caller, Project } from '../project.ts';
import { type SessionBlock, sessionBlockOf } from '../session-block.ts';
import { updateUser } from '../update-user.ts';
import {
  type Outside,
  type OutsideBearer,
  type OutsideNeeds,
  type OutsideUser,
  type Presented,
  verifyOutside,
} from './outside-user.ts';

/** Checks that follow each other this closely are one login. */
const SAME_LOGIN_SECONDS = 60;

interface Asked extends Presented {
  readonly caller: Caller;
}

export interface CheckedUser extends OutsideBearer {
  /** Null: no device was named. */
  readonly block: SessionBlock | null;
}

/**
 * Signs for a device of who holds a provider's token.
 * @param input.deviceId Null: none was named, and only the login is noted.
 * @throws ProviderError @throws TokenRejected
 * @see Contract identify 3.10.
 */
export async function checkOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { deviceId, ...asked }: Asked & { readonly deviceId: string | null },
): Promise<CheckedUser> {
  const { account, expiresAt, opened: known } = await verifyOutside(deps, project, outside, asked);
  const now = deps.clock.now().getTime() / 1000;
  const noting = (seen: Seen | null): Noting => {
    const device = seen?.devices?.find(({ id }) => id === deviceId);
    if (outside.settings.kind === 'cognito') return device?.lastLogin === undefined ? 'login' : 'signature';
    return now - (seen?.logins?.at(-1) ?? 0) < SAME_LOGIN_SECONDS ? 'signature' : 'login';
  };
  const { caller } = asked;
  const first = known.stored;
  const opened = await noteDevice(deps, project, { caller, first, deviceId, noting });
  const block = deviceId === null ? null : await sessionBlockOf(deps, project, opened, { account, deviceId });
  return { account, opened, block, expiresAt };
}

/** First at the provider, where it keeps any of it: what it refuses changes nothing. @see Contract identify 3.6. */
export async function updateOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { change, ...asked }: Asked & { readonly change: ProfileInput },
): Promise<OutsideUser> {
  const { token, caller } = asked;
  const { account, opened: known } = await verifyOutside(deps, project, outside, asked);
  await outside.provider.updateProfile?.(token, change);
  const userId = known.stored.id;
  const opened = await updateUser(deps, project, { userId, change, claims: 'if-free', caller });
  return { account, opened };
}
