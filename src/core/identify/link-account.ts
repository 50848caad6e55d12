import { WrongState } from '../errors.ts';
import type { Changing, Revision } from '../identities/revision.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId } from '../ports.ts';
import { changeWithin, openWithin, together } from '../records.ts';
import { mayHaveSessions } from '../sessions/active.ts';
import { findByAccount } from './account-user.ts';
import { TokenRejected, UserExists } from './errors.ts';
import { type Account, externalIdOf } from './external-id.ts';
import { type BearerNeeds, openBearer } from './local/bearer.ts';
import {
  accountOf,
  type Outside,
  type OutsideNeeds,
  type OutsideUser,
  type Presented,
  userOf,
  verifyToken,
} from './outside/outside-user.ts';
import type { Caller, Project } from './project.ts';
import { withProvedEmail } from './proved-email.ts';
import { ProviderError } from './provider-ports.ts';
import { localAccount } from './user.ts';

/** So that a record, which is opened as a whole, does not grow without end. */
const ACCOUNTS_MAX = 20;

type Needs = OutsideNeeds & BearerNeeds;

export interface ShownToken extends Presented {
  /** Who says whose it is; null: it is one of ours. */
  readonly outside: Outside | null;
}

/** Whom a token proves its bearer to be. */
interface Proof {
  readonly account: Account;
  /** Whose that is here; null: nobody's yet. */
  readonly holder: IdentityId | null;
  /** An address that the provider has seen to be theirs. */
  readonly provedEmail?: string;
  /** Its user, made where there is none. */
  enter(): Promise<OpenedIdentity>;
}

/**
 * Adds an account to the user whom the bearer's token proves: a token of either leads to one record from then on. Of many
 * at once that want one account one gets it. What another user has stays theirs, which is found out before the bearer's user
 * is made.
 *
 * @returns The user, as who came by the bearer's account sees them. Whose account it is already: unchanged.
 * @throws UserExists The account is another user's. @throws WrongState Too many accounts.
 * @throws TokenRejected @throws TokenOver Either token, or either user is blocked (R2). @throws ProviderError
 * @see Decision 0023.
 */
export async function linkAccount(
  deps: Needs,
  project: Project,
  input: { readonly bearer: ShownToken; readonly other: ShownToken; readonly caller: Caller },
): Promise<OutsideUser> {
  const { caller } = input;
  const own = await prove(deps, project, input.bearer, caller);
  const other = await prove(deps, project, input.other, caller);
  if (other.holder !== null && other.holder !== own.holder) throw new UserExists();
  const { account } = own;
  const opened = await own.enter();
  if (other.holder !== null) return { account, opened };
  return { account, opened: await add(deps, project, { userId: opened.stored.id, other, caller }) };
}

/** @throws TokenRejected @throws TokenOver @throws ProviderError */
async function prove(deps: Needs, project: Project, shown: ShownToken, caller: Caller): Promise<Proof> {
  const { outside, token, userId } = shown;
  if (outside === null) {
    const { opened } = await openBearer(deps, project, token);
    const { id } = opened.stored;
    if (userId !== undefined && userId !== id) throw new ProviderError('user_mismatch');
    return { account: localAccount(project, id), holder: id, enter: async () => opened };
  }
  const user = await verifyToken(deps, project, outside, shown);
  const account = accountOf(outside, user);
  const holder = await findByAccount(deps, project, account);
  if (holder !== null && !mayHaveSessions(holder)) throw new TokenRejected();
  const { email, emailIsVerified } = user;
  return {
    ...{ account, holder: holder?.id ?? null },
    ...(email !== undefined && emailIsVerified ? { provedEmail: email } : {}),
    enter: async () => (await userOf(deps, project, outside, { user, caller })).opened,
  };
}

async function add(
  deps: Needs,
  project: Project,
  input: { readonly userId: IdentityId; readonly other: Proof; readonly caller: Caller },
): Promise<OpenedIdentity> {
  const { poolId } = project;
  const { userId, other, caller } = input;
  const externalId = externalIdOf(deps.macs, await deps.externalIds.get(poolId), other.account);
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, userId);
    if (stored === null || !isVisible(stored) || !mayHaveSessions(stored)) throw new TokenRejected();
    const changing = openWithin(deps, stored);
    const holder = await findByAccount(tx, { poolId, vault: changing.vault }, other.account);
    if (holder !== null && holder.id !== userId) throw new UserExists();
    if (holder !== null) return changing;
    return changeWithin(tx, deps, caller.context, changing, {
      ...withAccount(changing, { ...other, externalId, at: deps.clock.now() }),
      onTaken: async () => {
        throw new UserExists();
      },
    });
  });
}

/** @throws WrongState */
function withAccount(
  { config, stored, profile }: Changing,
  {
    account,
    externalId,
    provedEmail,
    at,
  }: Omit<Proof, 'enter' | 'holder'> & { externalId: string; at: Date },
): Revision {
  const accounts = profile.identify?.accounts ?? [];
  if (accounts.length >= ACCOUNTS_MAX)
    throw new WrongState(`A user has at most ${ACCOUNTS_MAX} accounts elsewhere.`);
  const owner = { schemaId: stored.schemaId, profile };
  const proved = provedEmail === undefined ? null : withProvedEmail(config, owner, provedEmail, at);
  const identify = { ...profile.identify, accounts: [...accounts, { ...account, externalId }] };
  return {
    action: 'identity.updated',
    fields: ['identify.account', ...(proved === null ? [] : ['verifiable_addresses'])],
    profile: { ...(proved ?? profile), identify },
  };
}
