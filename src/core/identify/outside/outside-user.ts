import type { Deps } from '../../deps.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
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
import { type UserView, viewUser } from '../user.ts';

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
  readonly stored: StoredIdentity;
}

export function outsideOf(
  { outsideProviders }: Pick<Deps, 'outsideProviders'>,
  { poolId, secrets }: Project,
  { name, settings }: Pick<Outside, 'name' | 'settings'>,
): Outside {
  const whole = joinSettings(settings, secrets.providers[name]);
  return { name, settings, provider: outsideProviders.of(poolId, name, whole) };
}

/**
 * Who the bearer of a token is; made when they come for the first time.
 * @param expected.userId The provider's own id, which the token must be of.
 * @throws ProviderError @throws TokenRejected They logged out, or are blocked (R2).
 */
export async function verifyOutside(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  input: { readonly token: string; readonly userId?: string; readonly caller: Caller },
): Promise<OutsideUser> {
  const { token, userId, caller } = input;
  const user = await outside.provider.verify(token, userId === undefined ? {} : { userId });
  // Only who can log out by us is refused by us.
  const denied = outside.provider.logout === undefined ? null : deniedDigest(deps, outside, user);
  if (denied !== null && (await deps.outsideTokens.isDenied(project.poolId, denied)))
    throw new TokenRejected();
  return userOf(deps, project, outside, { user, caller });
}

/** What is kept of a token that is refused from now on; null where it has no name. */
export function deniedDigest(
  { secrets }: Pick<Deps, 'secrets'>,
  { name }: Pick<Outside, 'name'>,
  { tokenId }: Pick<VerifiedUser, 'tokenId'>,
): Buffer | null {
  return tokenId === null ? null : secrets.hash('identify-denied', name, tokenId);
}

/** @throws TokenRejected */
export async function userOf(
  deps: OutsideNeeds,
  project: Project,
  outside: Outside,
  { user, caller }: { readonly user: VerifiedUser; readonly caller: Caller },
): Promise<OutsideUser> {
  const { issuer, subject, countryCode, ageVerified } = user;
  const account = { provider: outside.name, issuer, subject };
  const identify = {
    ...(countryCode === undefined ? {} : { countryCode }),
    ...(ageVerified === undefined ? {} : { ageVerified }),
  };
  const profile = profileOf(outside, user);
  const found = await findOrMakeUser(deps, project, { account, profile, identify, caller });
  if (!mayHaveSessions(found.stored)) throw new TokenRejected();
  if (found.isNew) return { account, stored: found.stored };
  return { account, stored: await follow(deps, project, { ...found, account, outside, profile, caller }) };
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
    ...(takesEmail ? { email, emailIsProved: emailIsVerified } : {}),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** What the provider keeps and not we is as it says by now; elsewhere only that it has proved their address since. */
async function follow(
  deps: OutsideNeeds,
  project: Project,
  input: {
    readonly stored: StoredIdentity;
    readonly account: Account;
    readonly outside: Outside;
    readonly profile: ProfileInput;
    readonly caller: Caller;
  },
): Promise<StoredIdentity> {
  const { stored, account, outside, profile, caller } = input;
  const isKeptThere = outside.settings.kind === 'cognito';
  if (!isKeptThere && profile.emailIsProved !== true) return stored;
  const opened = openIdentity(await vaultFor(deps, stored), stored);
  const known = await viewUser(deps, project, opened, account);
  const change = {
    ...(isKeptThere ? newsOf(known, profile) : {}),
    ...newProof(deps, project, opened, { ...profile, own: known.email }),
  };
  if (Object.keys(change).length === 0) return stored;
  return (await updateUser(deps, project, { userId: stored.id, change, claims: 'if-free', caller })).stored;
}

/** What a provider says that is not known; the username is ours. */
function newsOf(known: UserView, { username: _ours, attributes = {}, ...told }: ProfileInput): ProfileInput {
  const isSame =
    (told.email === undefined || told.email === known.email) &&
    (told.nickname === undefined || told.nickname === known.nickname) &&
    Object.entries(attributes).every(([name, value]) => known.attributes[name] === value);
  return isSame ? {} : { ...told, attributes };
}

/** That the address which is theirs was proved, where nobody knew. */
function newProof(
  { clock }: Pick<Deps, 'clock'>,
  { config }: Project,
  { stored, profile }: OpenedIdentity,
  { email, emailIsProved, own }: ProfileInput & { readonly own: string | null },
): ProfileInput {
  if (emailIsProved !== true || email === undefined || email !== own || profile === null) return {};
  const owner = { schemaId: stored.schemaId, profile };
  return withProvedEmail(config, owner, email, clock.now()) === null ? {} : { email, emailIsProved };
}
