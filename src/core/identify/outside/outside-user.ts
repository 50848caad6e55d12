import type { Deps } from '../../deps.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../identities/view.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import { type AccountNeeds, findOrMakeUser } from '../account-user.ts';
import type { OpenSettings } from '../config.ts';
import { TokenRejected } from '../errors.ts';
import type { Account } from '../external-id.ts';
import type { ProfileInput } from '../profile-change.ts';
import type { Caller, Project } from '../project.ts';
import { withProvedEmail } from '../proved-email.ts';
import type { OutsideProvider, VerifiedUser } from '../provider-ports.ts';
import { joinSettings } from '../secrets.ts';
import { updateUser } from '../update-user.ts';
import { isSameAccount, namesOf } from '../user.ts';

export type OutsideNeeds = AccountNeeds &
  Pick<Deps, 'places' | 'secrets' | 'outsideProviders' | 'outsideTokens'>;

/** A provider outside of a project, ready to be asked. */
export interface Outside {
  readonly name: string;
  readonly settings: OpenSettings;
  readonly provider: OutsideProvider;
}

/** Who a provider vouches for, and who that is here. */
export interface OutsideUser {
  readonly account: Account;
  readonly opened: OpenedIdentity;
}

/** Who holds a provider's token. */
export interface OutsideBearer extends OutsideUser {
  /** When the token ends; null: nobody knows. */
  readonly expiresAt: Date | null;
}

export function outsideOf(
  { outsideProviders }: Pick<Deps, 'outsideProviders'>,
  { poolId, secrets }: Project,
  { name, settings }: Pick<Outside, 'name' | 'settings'>,
): Outside {
  const whole = joinSettings(settings, secrets.providers[name]);
  return { name, settings, provider: outsideProviders.of(poolId, name, whole) };
}

/** What a request shows of somebody. */
export interface Presented {
  readonly token: string;
  /** The provider's own id, which the token must be of. */
  readonly userId?: string;
}

/**
 * Who the bearer of a token is; made when they come for the first time.
 * @throws ProviderError @throws TokenRejected They logged out, or are blocked (R2).
 */
export async function verifyOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { caller, ...presented }: Presented & { readonly caller: Caller },
): Promise<OutsideBearer> {
  const user = await verifyToken(deps, project, outside, presented);
  return { ...(await userOf(deps, project, outside, { user, caller })), expiresAt: user.expiresAt };
}

/**
 * Whom a provider says that a token is of; whether they are here is not looked at.
 * @throws ProviderError @throws TokenRejected They logged out.
 */
export async function verifyToken(
  deps: Pick<Deps, 'secrets' | 'outsideTokens'>,
  { poolId }: Pick<Project, 'poolId'>,
  outside: Outside,
  { token, userId }: Presented,
): Promise<VerifiedUser> {
  const user = await outside.provider.verify(token, userId === undefined ? {} : { userId });
  // Only who can log out by us is refused by us.
  const denied = outside.provider.logout === undefined ? null : deniedDigest(deps, outside, user);
  if (denied !== null && (await deps.outsideTokens.isDenied(poolId, denied))) throw new TokenRejected();
  return user;
}

/** What is kept of a token that is refused from now on; null where it has no name. */
export function deniedDigest(
  { secrets }: Pick<Deps, 'secrets'>,
  { name }: Pick<Outside, 'name'>,
  { tokenId }: Pick<VerifiedUser, 'tokenId'>,
): Buffer | null {
  return tokenId === null ? null : secrets.hash('identify-denied', name, tokenId);
}

/** Who somebody is at a provider. */
export function accountOf(
  { name }: Pick<Outside, 'name'>,
  { issuer, subject }: Pick<VerifiedUser, 'issuer' | 'subject'>,
): Account {
  return { provider: name, issuer, subject };
}

/** Who that is here, made when they come for the first time. @throws TokenRejected They are blocked (R2). */
export async function userOf(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { user, caller }: { readonly user: VerifiedUser; readonly caller: Caller },
): Promise<OutsideUser> {
  const { countryCode, ageVerified } = user;
  const account = accountOf(outside, user);
  const identify = {
    ...(countryCode === undefined ? {} : { countryCode }),
    ...(ageVerified === undefined ? {} : { ageVerified }),
  };
  const profile = profileOf(outside, user);
  const { stored, isNew } = await findOrMakeUser(deps, project, { account, profile, identify, caller });
  if (!mayHaveSessions(stored)) throw new TokenRejected();
  const opened = openIdentity(await vaultFor(deps, stored), stored);
  if (isNew) return { account, opened };
  return { account, opened: await follow(deps, project, { opened, account, outside, profile, caller }) };
}

/**
 * What somebody begins with. An address that nobody proved is not taken over, since it may be somebody else's; at Cognito
 * it is what people log in with.
 */
function profileOf({ settings }: Outside, user: VerifiedUser): ProfileInput {
  const { username, nickname, email, emailIsVerified, attributes } = user;
  const takesEmail = email !== undefined && (emailIsVerified || settings.kind === 'cognito');
  return {
    ...(username === undefined ? {} : { username }),
    ...(nickname === undefined ? {} : { nickname }),
    ...(takesEmail ? { email } : {}),
    ...(takesEmail && emailIsVerified ? { provedEmail: email } : {}),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** What the provider keeps and not we is as it says by now; elsewhere only that it has proved their address since. */
async function follow(
  deps: OutsideNeeds,
  project: Project,
  input: {
    readonly opened: OpenedIdentity;
    readonly account: Account;
    readonly outside: Outside;
    readonly profile: ProfileInput;
    readonly caller: Caller;
  },
): Promise<OpenedIdentity> {
  const { opened, account, outside, profile: told, caller } = input;
  const { stored, profile } = opened;
  if (profile === null) throw new TokenRejected();
  const known = namesOf(project, { schemaId: stored.schemaId, profile });
  const isKeptThere = outside.settings.kind === 'cognito' && isKnownByNothingElse(opened, account);
  const news = isKeptThere ? newsOf(known, told) : {};
  const change = { ...news, ...newProof(deps, project, opened, told) };
  if (Object.keys(change).length === 0) return opened;
  return updateUser(deps, project, { userId: stored.id, change, claims: 'if-free', caller });
}

/**
 * Whether a record is that of one account and no more. Of one that is known by others too, or has a password, no provider
 * says what its address is: that is what others find it by.
 */
function isKnownByNothingElse({ stored, profile }: OpenedIdentity, account: Account): boolean {
  const accounts = profile?.identify?.accounts ?? [];
  const isOnly = accounts.length === 1 && accounts.every((one) => isSameAccount(one, account));
  return isOnly && stored.credentials === null;
}

/** What a provider says that is not known; the username is ours. */
function newsOf(
  known: ReturnType<typeof namesOf>,
  { username: _ours, attributes = {}, ...told }: ProfileInput,
): ProfileInput {
  const isSame =
    (told.email === undefined || told.email === known.email) &&
    (told.nickname === undefined || told.nickname === known.nickname) &&
    Object.entries(attributes).every(([name, value]) => known.attributes[name] === value);
  return isSame ? {} : { ...told, attributes };
}

/** That an address which is theirs was proved, where nobody knew. */
function newProof(
  { clock }: Pick<Deps, 'clock'>,
  { config }: Pick<Project, 'config'>,
  { stored, profile }: OpenedIdentity,
  { provedEmail }: ProfileInput,
): ProfileInput {
  if (provedEmail === undefined || profile === null) return {};
  const owner = { schemaId: stored.schemaId, profile };
  return withProvedEmail(config, owner, provedEmail, clock.now()) === null ? {} : { provedEmail };
}
