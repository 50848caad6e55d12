import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import { networkOf } from '../self-service/lockout.ts';
import { mayHaveSessions } from '../sessions/active.ts';
import { type AccountNeeds, findByAccount, findOrMakeUser } from './account-user.ts';
import { UserNotFound } from './errors.ts';
import type { Account } from './external-id.ts';
import type { ProfileInput } from './profile-change.ts';
import type { Caller, Project } from './project.ts';
import { updateUser } from './update-user.ts';
import { type UserView, viewUser } from './user.ts';

type Needs = AccountNeeds & Pick<Deps, 'random' | 'throttle'>;

const EXTERNAL_ID_BYTES = 32;

/**
 * Makes a user whose external id is all there is to know: whoever has it may read and write the profile.
 *
 * @param input.externalId One that the client made; where it is known, that user is given and nothing changed. Null: one is
 *   made here.
 * @throws RateLimited @throws UserExists The id is a user's of another provider.
 * @see Contract identify 3.4, 4.7.
 */
export async function registerNoLogin(
  deps: Needs,
  project: Project,
  input: { readonly externalId: string | null; readonly profile: ProfileInput; readonly caller: Caller },
): Promise<UserView> {
  const { profile, caller } = input;
  // Whoever names one may be looking for it.
  if (input.externalId !== null) await throttle(deps, project, caller);
  const externalId = input.externalId ?? deps.random.bytes(EXTERNAL_ID_BYTES).toString('hex');
  const account = accountOf(externalId);
  const { stored } = await findOrMakeUser(deps, project, { account, externalId, profile, caller });
  return show(deps, project, stored, account);
}

/** @throws UserNotFound @throws RateLimited @see Contract identify 3.5. */
export async function getNoLogin(
  deps: Needs,
  project: Project,
  { externalId, caller }: { readonly externalId: string; readonly caller: Caller },
): Promise<UserView> {
  await throttle(deps, project, caller);
  return show(deps, project, await find(deps, project, externalId), accountOf(externalId));
}

/** Never makes a user. @throws UserNotFound @throws RateLimited @see Contract identify 3.6. */
export async function updateNoLogin(
  deps: Needs,
  project: Project,
  input: { readonly externalId: string; readonly change: ProfileInput; readonly caller: Caller },
): Promise<UserView> {
  const { externalId, change, caller } = input;
  await throttle(deps, project, caller);
  const { id: userId } = await find(deps, project, externalId);
  const { stored } = await updateUser(deps, project, { userId, change, claims: 'if-free', caller });
  return show(deps, project, stored, accountOf(externalId));
}

/** Blocked ones are nobody's (R2). @throws UserNotFound */
async function find(deps: Needs, project: Project, externalId: string): Promise<StoredIdentity> {
  const found = await findByAccount(deps, project, accountOf(externalId));
  if (found === null || !mayHaveSessions(found)) throw new UserNotFound();
  return found;
}

async function show(
  deps: Needs,
  project: Project,
  stored: StoredIdentity,
  account: Account,
): Promise<UserView> {
  return viewUser(deps, project, openIdentity(await vaultFor(deps, stored), stored), account);
}

/** Guesses at ids are not to be had by the thousand. @throws RateLimited */
async function throttle(
  { throttle: counter }: Pick<Deps, 'throttle'>,
  { poolId, vault, settings }: Project,
  { address }: Caller,
): Promise<void> {
  const digest = vault.digest('identify:network', networkOf(address));
  await counter.take({ poolId, digest, perMinute: settings.limits.noLoginPerMinute });
}

function accountOf(externalId: string): Account {
  return { provider: 'noLogin', issuer: '', subject: externalId };
}
