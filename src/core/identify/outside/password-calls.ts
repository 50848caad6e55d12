import { InternalFault } from '../../errors.ts';
import { latestDevice } from '../../identities/logins.ts';
import { findByAccount, findOrMakeUser } from '../account-user.ts';
import { TokenRejected } from '../errors.ts';
import { type Noting, noteDevice } from '../note-device.ts';
import type { ProfileInput } from '../profile-change.ts';
import type { Caller, Project } from '../project.ts';
import type { LoggedIn, OutsideProvider, ProviderTokens } from '../provider-ports.ts';
import { type SessionBlock, sessionBlockOf } from '../session-block.ts';
import { deniedDigest, type Outside, type OutsideNeeds, type OutsideUser, userOf } from './outside-user.ts';
import { keepRefresh, REFRESH_KEPT_MS, refreshDigest, refreshTokensAt } from './refresh-tokens.ts';
import { forgetTries, type TriesNeeds, tryCode } from './reset-tries.ts';

export interface LoggedInOutside {
  readonly block: SessionBlock;
  readonly tokens: ProviderTokens;
}

interface Asked {
  readonly deviceId: string | null;
  readonly caller: Caller;
}

/** @throws ProviderError @see Contract identify 3.4, 4.1. */
export async function registerOutside(
  deps: OutsideNeeds,
  project: Project,
  { name, provider }: Outside,
  input: Asked & { readonly profile: ProfileInput & { readonly email: string }; readonly password: string },
): Promise<void> {
  const { profile, password, deviceId, caller } = input;
  const { issuer, subject } = await able(provider.register?.bind(provider))({ ...profile, password });
  const since = Math.floor(deps.clock.now().getTime() / 1000);
  const identify = deviceId === null ? {} : { devices: [{ id: deviceId, since }] };
  await findOrMakeUser(deps, project, {
    account: { provider: name, issuer, subject },
    ...{ profile, identify, caller },
  });
}

/** @throws ProviderError @throws TokenRejected @see Contract identify 3.7. */
export async function loginOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  input: Asked & { readonly email: string; readonly password: string },
): Promise<LoggedInOutside> {
  const { provider } = outside;
  const { email, password } = input;
  const loggedIn = await able(provider.login?.bind(provider))({ email, password });
  return settle(deps, project, outside, { ...input, loggedIn, noting: 'login', goesOn: false });
}

/** @throws ProviderError @throws TokenRejected @see Contract identify 3.8. */
export async function changePasswordOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  input: Asked & { readonly token: string; readonly previousPassword: string; readonly password: string },
): Promise<LoggedInOutside> {
  const { provider } = outside;
  const { token, previousPassword, password } = input;
  const loggedIn = await able(provider.changePassword?.bind(provider))(token, {
    ...{ previousPassword, password },
    refreshTokensOf: refreshTokensAt(deps, project, outside),
  });
  const { opened } = await userOf(deps, project, outside, { user: loggedIn.user, caller: input.caller });
  await deps.outsideTokens.revokeRefreshOf(project.poolId, opened.stored.id, deps.clock.now());
  return settle(deps, project, outside, { ...input, loggedIn, noting: 'login', goesOn: true });
}

/** Whether or not there is such a user. @throws ProviderError @see Contract identify 3.8. */
export async function forgotPasswordOutside(
  deps: TriesNeeds,
  project: Project,
  { name, provider }: Outside,
  { email, caller }: { readonly email: string; readonly caller: Caller },
): Promise<void> {
  await able(provider.forgot?.bind(provider))(email);
  await forgetTries(deps, project, { name, email, caller });
}

/**
 * Sets a new password by a code; what was logged in before ends (contract identify 3.8).
 * @throws ProviderError @throws LockedOut See `tryCode`.
 */
export async function resetPasswordOutside(
  deps: OutsideNeeds & TriesNeeds,
  project: Project,
  outside: Outside,
  {
    caller,
    ...input
  }: {
    readonly email: string;
    readonly code: string;
    readonly password: string;
    readonly caller: Caller;
  },
): Promise<void> {
  const { name, provider } = outside;
  const confirm = able(provider.confirmForgot?.bind(provider));
  const refreshTokensOf = refreshTokensAt(deps, project, outside);
  const whose = await tryCode(deps, project, { name, email: input.email, caller }, () =>
    confirm({ ...input, refreshTokensOf }),
  );
  if (whose === null) return;
  const stored = await findByAccount(deps, project, { provider: name, ...whose });
  if (stored !== null) await deps.outsideTokens.revokeRefreshOf(project.poolId, stored.id, deps.clock.now());
}

/** @throws ProviderError @throws TokenRejected Who has it logged out. @see Contract identify 3.9. */
export async function refreshOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  input: Asked & { readonly access: string; readonly refresh: string },
): Promise<LoggedInOutside> {
  const { provider } = outside;
  const { access, refresh } = input;
  const kept = await deps.outsideTokens.findRefresh(project.poolId, refreshDigest(deps, outside, refresh));
  if (kept?.isRevoked === true) throw new TokenRejected();
  const loggedIn = await able(provider.refresh?.bind(provider))({ access, refresh });
  return settle(deps, project, outside, {
    ...{ ...input, loggedIn, presented: refresh },
    ...{ noting: 'signature', goesOn: true },
  });
}

/** What the provider cannot end is refused here. @throws ProviderError @see Contract identify 3.9, 4.1. */
export async function logoutOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { token, account }: { readonly token: string; readonly account: OutsideUser },
): Promise<void> {
  const { provider } = outside;
  const refreshTokensOf = refreshTokensAt(deps, project, outside);
  const user = await able(provider.logout?.bind(provider))({ access: token, refreshTokensOf });
  const { poolId } = project;
  const now = deps.clock.now();
  const digest = deniedDigest(deps, outside, user);
  const expiresAt = user.expiresAt ?? new Date(now.getTime() + REFRESH_KEPT_MS);
  if (digest !== null) await deps.outsideTokens.denyToken(poolId, { digest, expiresAt });
  await deps.outsideTokens.revokeRefreshOf(poolId, account.opened.stored.id, now);
}

async function settle(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  input: Asked & {
    readonly loggedIn: LoggedIn;
    /** The refresh token that was shown for it; absent: a password was. */
    readonly presented?: string;
    readonly noting: Noting;
    /** Where no device is named, it is the one that was used last; else a new one. */
    readonly goesOn: boolean;
  },
): Promise<LoggedInOutside> {
  const { loggedIn, presented, noting, goesOn, caller } = input;
  const { user, tokens } = loggedIn;
  const { account, opened } = await userOf(deps, project, outside, { user, caller });
  const { stored, seen } = opened;
  const latest = goesOn ? latestDevice(seen)?.id : undefined;
  const deviceId = input.deviceId ?? latest ?? deps.ids.next();
  await keepRefresh(deps, project, outside, { opened, refresh: tokens.refresh, presented });
  const noted = await noteDevice(deps, project, { caller, first: stored, deviceId, noting: () => noting });
  return { block: await sessionBlockOf(deps, project, noted, { account, deviceId }), tokens };
}

/** Pairs say what a provider has (contract identify 2). */
function able<Call extends NonNullable<OutsideProvider[keyof OutsideProvider]>>(
  call: Call | undefined,
): Call {
  if (call === undefined) throw new InternalFault('a provider lacks a call that its pair has');
  return call;
}
