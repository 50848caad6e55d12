import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { Profile, Seen } from '../identities/profile.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { IdentityId } from '../ports.ts';
import { type Account, externalIdOf } from './external-id.ts';
import type { Project } from './project.ts';
import { signUser } from './signature.ts';

/** Times are Unix seconds. */
export interface DeviceView {
  readonly deviceId: string;
  /** These are there once somebody has logged in on it. */
  readonly signUp?: number;
  readonly lastLogin?: number;
  readonly userId?: IdentityId;
  readonly timeStamp?: number;
  readonly signature?: string;
}

/** A user of a project. Personal data: goes into replies, nowhere else. */
export interface UserView {
  readonly userId: IdentityId;
  readonly externalId: string;
  readonly email: string | null;
  readonly username: string | null;
  readonly nickname: string | null;
  readonly attributes: { readonly [name: string]: string };
  readonly appProfile: { readonly [name: string]: unknown };
  /** Unix seconds, oldest first. */
  readonly loginHistory: readonly number[];
  /** Oldest first. */
  readonly devices: readonly DeviceView[];
  /** Unix seconds. */
  readonly updatedAt: number;
  readonly countryCode: string | null;
  readonly ageVerified: boolean | null;
}

export type ViewNeeds = Pick<Deps, 'macs' | 'externalIds'>;

/** An opened identity as a user sees it who came by `account`. @throws NotFound It was closed meanwhile. */
export async function viewUser(
  deps: ViewNeeds,
  project: Project,
  opened: Pick<OpenedIdentity, 'stored' | 'profile' | 'seen'>,
  account: Account,
): Promise<UserView> {
  const { stored, profile, seen } = opened;
  if (profile === null) throw new NotFound();
  const { identify = {} } = profile;
  return {
    userId: stored.id,
    externalId: await externalIdFor(deps, project, { profile, account }),
    ...namesOf(project, { schemaId: stored.schemaId, profile }),
    appProfile: identify.appProfile ?? {},
    loginHistory: seen?.logins ?? [],
    devices: devicesOf(deps, project, stored.id, { profile, seen }),
    updatedAt: identify.updatedAt ?? Math.floor(stored.createdAt.getTime() / 1000),
    countryCode: identify.countryCode ?? null,
    ageVerified: identify.ageVerified ?? null,
  };
}

/** What is known of a user by name, without what has to be signed or derived. */
export function namesOf(
  { config }: Pick<Project, 'config'>,
  { schemaId, profile }: { readonly schemaId: string; readonly profile: Profile },
): Pick<UserView, 'email' | 'username' | 'nickname' | 'attributes'> {
  const homes = homesOf(config, schemaId);
  return {
    email: readAttribute(profile, homes, 'email'),
    username: readAttribute(profile, homes, 'preferred_username'),
    nickname: readAttribute(profile, homes, 'nickname'),
    attributes: profile.identify?.attributes ?? {},
  };
}

/** Of an account that the record holds, as it was when it was made; else as it follows. */
export async function externalIdFor(
  { macs, externalIds }: ViewNeeds,
  { poolId }: Pick<Project, 'poolId'>,
  { profile, account }: { readonly profile: Profile; readonly account: Account },
): Promise<string> {
  // It is what they are known by, and follows from nothing.
  if (account.provider === 'noLogin') return account.subject;
  const kept = profile.identify?.accounts?.find((one) => isSameAccount(one, account));
  return kept?.externalId ?? externalIdOf(macs, await externalIds.get(poolId), account);
}

export function isSameAccount(one: Account, other: Account): boolean {
  return one.provider === other.provider && one.issuer === other.issuer && one.subject === other.subject;
}

/** Who somebody is that logs in with the password of their own record (contract identify 3.2). */
export function localAccount({ poolId }: Pick<Project, 'poolId'>, userId: string): Account {
  return { provider: 'local', issuer: poolId, subject: userId };
}

/** Rounded down, as the platform has times (contract identify 3.1). */
export function stepped({ settings: { timestampStep } }: Pick<Project, 'settings'>, seconds: number): number {
  return seconds - (seconds % timestampStep);
}

export function signatureOf(
  { macs }: Pick<Deps, 'macs'>,
  { settings, secret }: Pick<Project, 'settings' | 'secret'>,
  { userId, timeStamp }: { readonly userId: string; readonly timeStamp: number },
): string {
  return signUser(macs, { scheme: settings.signature.scheme, secret, userId, timeStamp });
}

function devicesOf(
  deps: Pick<Deps, 'macs'>,
  project: Project,
  userId: IdentityId,
  { profile, seen }: { readonly profile: Profile; readonly seen: Seen | null },
): DeviceView[] {
  const used = seen?.devices ?? [];
  const waiting = (profile.identify?.devices ?? []).filter(({ id }) => !used.some((one) => one.id === id));
  const views = used.map(({ id, signUp, lastLogin, signedAt }) => {
    const timeStamp = signedAt;
    const view: DeviceView = {
      ...{ deviceId: id, signUp: stepped(project, signUp), userId },
      ...(lastLogin === undefined ? {} : { lastLogin }),
      ...(timeStamp === undefined
        ? {}
        : { timeStamp, signature: signatureOf(deps, project, { userId, timeStamp }) }),
    };
    return { since: signUp, view };
  });
  return [...waiting.map(({ id, since }) => ({ since, view: { deviceId: id } as DeviceView })), ...views]
    .sort((one, other) => one.since - other.since)
    .map(({ view }) => view);
}
