import type { Pair } from '../../core/identify/pairs.ts';
import type { SessionBlock } from '../../core/identify/session-block.ts';
import type { UserView } from '../../core/identify/user.ts';

type Shown = Record<string, unknown>;

interface Tokens {
  readonly access: string;
  readonly profile: string;
  readonly refresh: string;
}

/** Contract identify 3.2, "Session block". */
export function showSession(block: SessionBlock, tokens: Tokens | null = null) {
  const { deviceId, timeStamp, signature, externalId, userId, signUp } = block;
  return {
    ...{ deviceId, timeStamp, signature, externalId, userId },
    ...(tokens === null
      ? {}
      : { accessToken: tokens.access, profileToken: tokens.profile, refreshToken: tokens.refresh }),
    signUp,
  };
}

/** Contract identify 3.5, awsCognito and local: once more within itself, where the Android kit looks for it. */
export function showOwn(user: UserView): Shown {
  const { email, userId, externalId, attributes, loginHistory } = user;
  const names = present({ username: usernameOf(user), email, nickname: user.nickname });
  return {
    data: { ...names, ...attributes, userId, loginHistory },
    ...attributes,
    ...names,
    ...{ updatedAt: `${user.updatedAt}`, devices: user.devices, appProfile: user.appProfile },
    ...{ userId, externalId, loginHistory },
  };
}

/** Contract identify 3.5, by the provider that the user came by. */
export function showProfile({ name }: Pick<Pair, 'name'>, user: UserView): Shown {
  return name === 'awsCognito' || name === 'local' ? showOwn(user) : showOutside(user);
}

/** Contract identify 3.6, awsCognito and local. */
export function showUpdated(user: UserView, projectId: string): Shown {
  const { email, externalId } = user;
  return { ...present({ email, username: usernameOf(user) }), externalId, projectId };
}

/** Whoever has none is called by what there is (contract identify 3.5). */
function usernameOf({ username, nickname, email }: UserView): string | null {
  return username ?? nickname ?? email?.split('@')[0] ?? null;
}

/** Contract identify 3.5, providers outside: who has no name yet is asked for one, so none is made up. */
export function showOutside(user: UserView): Shown {
  const { username, nickname, email, countryCode, ageVerified } = user;
  const { appProfile, loginHistory, userId, externalId } = user;
  return {
    ...{ username: username ?? '', appProfile, loginHistory, userId, externalId },
    ...present({ nickname, email, countryCode, ageVerified }),
  };
}

/** Contract identify 3.10, check/nonstandard. */
export function showNonstandard(user: UserView): Shown {
  const { updatedAt, devices } = user;
  const { loginHistory: _, ...shown } = showOutside(user);
  return { updatedAt: `${updatedAt}`, devices, ...shown };
}

/** Contract identify 3.5, noLogin. */
export function showNoLogin({ username, appProfile, loginHistory, externalId, userId }: UserView): Shown {
  return { ...present({ username }), appProfile, loginHistory, externalId, userId };
}

function present(parts: Shown): Shown {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null));
}
